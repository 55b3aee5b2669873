/** Runs a script on the Node this repository pins, whatever Node the machine has, after installing what is missing. */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '..');
const oldestNode = [22, 18];

function say(line) {
  process.stderr.write(`${line}\n`);
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** True when node_modules holds exactly what package-lock.json asks for; npm writes its own list there last of all. */
function isInstalled() {
  const wanted = readPackages('package-lock.json') ?? {};
  const present = readPackages('node_modules/.package-lock.json');
  if (!present) return false;
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '') return true;
    const found = present[path];
    // An optional package belongs to another platform.
    if (!found) return entry.optional === true;
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

/**
 * Runs a command to its end and gives its exit status. Signals are passed on and never answered by leaving first:
 * whoever waits for this process must find the child gone too.
 */
function run(command, options) {
  return new Promise((done) => {
    const child = spawn(command[0], command.slice(1), { cwd: root, stdio: 'inherit', ...options });
    const forward = (signal) => child.kill(signal);
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    for (const signal of signals) process.on(signal, forward);
    const watch = endWithParent(() => child.kill('SIGTERM'));
    const finish = (status) => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, forward);
      done(status);
    };
    child.on('error', (error) => {
      say(`cannot run ${command[0]}: ${error.message}`);
      finish(127);
    });
    child.on('exit', (code, signal) => finish(code ?? 128 + constants.signals[signal]));
  });
}

/** A killed npm takes nothing with it, so its end is looked for; outside npm the parent may leave on purpose. */
function endWithParent(end) {
  if (!process.env.npm_lifecycle_event) return undefined;
  const parent = process.ppid;
  return setInterval(() => process.ppid !== parent && end(), 100).unref();
}

async function install() {
  say('Installing the dependencies (npm ci), once...');
  const npm = process.env.npm_execpath
    ? [process.execPath, process.env.npm_execpath]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm'];
  const quiet = ['--loglevel=error', '--no-audit', '--no-fund', '--include=dev'];
  const status = await run([...npm, 'ci', ...quiet], {
    shell: process.platform === 'win32' && npm.length === 1,
  });
  if (status !== 0) say(`npm ci ended with exit status ${status}.`);
  return status;
}

/** The pinned Node; where it cannot run (another C library, install scripts forbidden) this one, if new enough. */
function findNode() {
  for (const name of ['node', 'node.exe']) {
    const pinned = join(root, 'node_modules', 'node', 'bin', name);
    if (existsSync(pinned) && spawnSync(pinned, ['--version']).status === 0) return pinned;
  }
  const [major, minor] = process.versions.node.split('.').map(Number);
  const isNewEnough = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  return isNewEnough ? process.execPath : undefined;
}

/** Node honours proxy variables only when told to, and this machine's own ports must never go through one. */
function environment() {
  const result = { ...process.env };
  const path = Object.keys(result).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  result[path] = [join(root, 'node_modules', '.bin'), result[path]].filter(Boolean).join(delimiter);
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'http_proxy', 'https_proxy'];
  if (proxies.some((name) => result[name])) {
    const direct = [result.no_proxy ?? result.NO_PROXY, 'localhost', '127.0.0.1', '::1']
      .filter(Boolean)
      .join(',');
    Object.assign(result, { NODE_USE_ENV_PROXY: '1', NO_PROXY: direct, no_proxy: direct });
  }
  return result;
}

/** The script behind a command of an installed package, found in the lock file because Windows has no links in .bin. */
function findCommand(name) {
  const packages = Object.entries(readPackages('package-lock.json') ?? {});
  const [path, entry] = packages.find(([, candidate]) => candidate.bin?.[name]) ?? [];
  return path && join(path, entry.bin[name]);
}

async function main([script, ...args]) {
  if (!isInstalled()) {
    const status = await install();
    if (status !== 0) return status;
  }
  const node = findNode();
  if (!node) {
    say(
      `Node ${oldestNode.join('.')} or newer is needed and this is ${process.versions.node}. The pinned Node of ` +
        'node_modules/node cannot be run here; allow the install script of the package "node", or install a newer Node.',
    );
    return 1;
  }
  if (script !== '--bin') {
    // The channel tells the script that this process is gone, even when it was killed outright.
    return run([node, script, ...args], {
      env: environment(),
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    });
  }
  const command = findCommand(args[0]);
  if (command) return run([node, command, ...args.slice(1)], { env: environment() });
  say(`no installed package has the command "${args[0]}"`);
  return 127;
}

process.exit(await main(process.argv.slice(2)));
