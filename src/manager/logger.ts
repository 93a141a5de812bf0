/** Facts beside a message. Never the content of objects, never credentials. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Where a manager writes what it does: pino, winston, bunyan and `console` fit, the last two with their arguments in another order. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const silent = () => undefined;

/** Writes nothing. */
export const silentLogger: Logger = { debug: silent, info: silent, warn: silent, error: silent };

/** Puts the name of the part that writes into the fields. A logger that throws harms nobody; the first time it becomes a warning of the process. */
export function named(logger: Logger, name: string): Logger {
  let warned = false;
  const write = (level: keyof Logger) => (message: string, fields?: LogFields) => {
    try {
      logger[level](message, { logger: name, ...fields });
    } catch (thrown) {
      if (warned) return;
      warned = true;
      process.emitWarning(thrown instanceof Error ? thrown : String(thrown), 'LoggerFailed');
    }
  };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
