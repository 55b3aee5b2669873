/** The logger that parts are handed, and how it is made. */

import { type Logger as PinoLogger, pino } from 'pino';
import pretty from 'pino-pretty';

/** What parts may say; `fields` first, so that messages stay constant and searchable. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The logger of the program, whose level may change. */
export interface MainLogger extends Logger {
  useLevel(level: string): void;
}

export interface LoggerOptions {
  readonly level: string;
  readonly format: 'auto' | 'json' | 'pretty';
}

/**
 * Logs to standard error, so that standard output stays free for data. `auto` is pretty on a terminal and
 * JSON elsewhere.
 */
export function createLogger(options: LoggerOptions): MainLogger {
  const logger = createPino(options);
  return Object.assign(logger, {
    useLevel(level: string): void {
      logger.level = levelOf(level);
    },
  });
}

function levelOf(level: string): string {
  return level === 'panic' ? 'fatal' : level;
}

function createPino(options: LoggerOptions): PinoLogger {
  const onTerminal = process.stderr.isTTY === true;
  const readable = options.format === 'pretty' || (options.format === 'auto' && onTerminal);
  const settings = {
    level: levelOf(options.level),
    base: undefined,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
  };
  if (!readable) return pino(settings, pino.destination({ fd: 2, sync: true }));
  const stream = pretty({
    destination: 2,
    sync: true,
    colorize: onTerminal,
    translateTime: 'SYS:HH:MM:ss.l',
  });
  return pino(settings, stream);
}
