/** What receivers know, over restarts. */
export type { Memory, MemoryStore, Told } from './memory.ts';
export { Recall } from './recall.ts';
