/** What a program that runs the adapter inside itself imports: read a configuration, make an app, start and stop it. */

export { App, type AppParts, type BuildInfo } from './app.ts';
export { type LoadedConfig, type LoadInput, loadConfig, type RefusedConfig } from './config/load.ts';
export type { Config } from './config/options.ts';
export { createLogger, type Logger, type LoggerOptions, type MainLogger } from './lib/logger.ts';
