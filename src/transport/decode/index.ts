/** From bytes to objects: frames of a watch, items of a list, without what the caller does not want. */
export { type Keep, keepOf } from './keep.ts';
export { ListDecoder } from './list.ts';
export { createObjectDecoder, type ObjectDecoder, type ObjectDecoderOptions, objectReader } from './object.ts';
export type { DecodeOptions } from './options.ts';
export { unreadLength } from './unread-members.ts';
export { WatchDecoder } from './watch.ts';
