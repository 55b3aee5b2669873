/** What the schema of AS3 accepts in a declaration, and what makes the load of this adapter stay where it is. */

export const READY_PATH = '/-/ready';
export const DRAINING = 'draining';
/** Of the replicas, as `connection.idle_timeout` has it by default. */
const REPLICA_IDLE_SECONDS = 75;
/** Services that carry TCP, whose persistence is source-address unless they say otherwise. */
const SERVICES = ['Service_L4', 'Service_TCP', 'Service_HTTP', 'Service_HTTPS'];

type Json = Readonly<Record<string, unknown>>;

/** One line for each trap; none is what a declaration should have. */
export function as3Traps(declaration: unknown): string[] {
  return objectsOf(declaration, '').flatMap(([path, object]) =>
    problemsOf(object).map((problem) => `${path}: ${problem}`),
  );
}

function problemsOf(object: Json): string[] {
  const kind = String(object['class']);
  if (SERVICES.includes(kind)) return serviceProblems(object, kind);
  if (kind === 'Pool') return poolProblems(object);
  if (kind === 'Monitor') return monitorProblems(object);
  if (kind === 'L4_Profile' || kind === 'TCP_Profile') return profileProblems(object);
  return [];
}

function serviceProblems(service: Json, kind: string): string[] {
  const problems: string[] = [];
  const methods = service['persistenceMethods'];
  if (!Array.isArray(methods)) problems.push('persistenceMethods is left out, which means source-address');
  else if (methods.length > 0) problems.push(`sticky by ${methods.join(', ')}`);
  if (kind !== 'Service_L4') problems.push(`${kind} is not layer 4`);
  if (service['profileMultiplex']) problems.push('OneConnect keeps connections to the replicas');
  if (service['serviceDownImmediateAction']) problems.push('serviceDownImmediateAction cuts connections');
  return problems;
}

function poolProblems(pool: Json): string[] {
  const problems: string[] = [];
  const mode = pool['loadBalancingMode'];
  if (mode !== undefined && mode !== 'round-robin') problems.push(`${mode} instead of round-robin`);
  const action = pool['serviceDownAction'];
  if (action !== undefined && action !== 'none')
    problems.push(`serviceDownAction ${action} cuts connections`);
  if (!Array.isArray(pool['monitors']) || pool['monitors'].length === 0) problems.push('no monitor');
  return problems;
}

function monitorProblems(monitor: Json): string[] {
  const problems: string[] = [];
  if (monitor['monitorType'] !== 'http') problems.push('a monitor that does not read the answer');
  if (!String(monitor['send']).startsWith(`GET ${READY_PATH} HTTP/1.1\r\nHost: `))
    problems.push(`does not ask for ${READY_PATH} as HTTP/1.1 wants it`);
  if (monitor['receive'] !== 'ready') problems.push('up is not the word ready');
  if (monitor['receiveDown'] !== DRAINING) problems.push(`disabled is not the word ${DRAINING}`);
  return problems;
}

function profileProblems(profile: Json): string[] {
  const idle = Number(profile['idleTimeout'] ?? 300);
  if (idle < 0 || idle >= 2 * REPLICA_IDLE_SECONDS) return [];
  return [`idleTimeout ${idle} is too near to the ${REPLICA_IDLE_SECONDS} s of the replicas`];
}

/** Every object in it, with its path. */
function objectsOf(value: unknown, path: string): [string, Json][] {
  if (typeof value !== 'object' || value === null) return [];
  const inner = Object.entries(value).flatMap(([key, entry]) => objectsOf(entry, `${path}/${key}`));
  return Array.isArray(value) ? inner : [[path, value as Json], ...inner];
}
