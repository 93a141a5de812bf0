/** What receivers know, over restarts. */
export { type FileStoreOptions, fileStore } from './file-store.ts';
export type { Memory, MemoryStore, Told } from './memory.ts';
export { memoryNames } from './name.ts';
export { Recall } from './recall.ts';
