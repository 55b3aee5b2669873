/** The command behind `npm run demo`: arguments and environment in, exit status out, signals. */

import { runDemo } from './demo.ts';
import { type DemoOptions, readOptions, USAGE } from './options.ts';

const EXIT_USAGE = 2;

async function main(args: string[]): Promise<number> {
  let options: DemoOptions | 'help';
  try {
    // npm runs this in the folder of the project, wherever the user is.
    options = readOptions(args, process.env['INIT_CWD'] ?? process.cwd());
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}`);
    return EXIT_USAGE;
  }
  if (options === 'help') {
    process.stdout.write(USAGE);
    return 0;
  }
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => interrupted.abort(name));
  // Nobody reads any more.
  process.stdout.on('error', () => interrupted.abort('SIGTERM'));
  // The runner in front was killed outright: nobody is left to end what runs here.
  process.on('disconnect', () => interrupted.abort('SIGTERM'));
  process.channel?.unref();
  return runDemo({ options, environment: process.env, out: process.stdout, interrupted });
}

process.exit(await main(process.argv.slice(2)));
