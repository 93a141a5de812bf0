/**
 * Modules of Node that are loaded when a connection first needs them: together they are half of what importing this library would
 * cost, and no connection needs them all. Not by `import`, which would also evaluate what they export but load late themselves:
 * `fetch` and its kin, for `node:http`.
 */
export const nodeModules = {
  get crypto() {
    return process.getBuiltinModule('node:crypto');
  },
  get http() {
    return process.getBuiltinModule('node:http');
  },
  get https() {
    return process.getBuiltinModule('node:https');
  },
  get http2() {
    return process.getBuiltinModule('node:http2');
  },
  get tls() {
    return process.getBuiltinModule('node:tls');
  },
  get zlib() {
    return process.getBuiltinModule('node:zlib');
  },
} as const;
