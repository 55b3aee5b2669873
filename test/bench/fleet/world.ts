/** A virtual fleet behind a virtual balancer: thousands of seconds in a few, decided by the code of the adapter. */

import { seededRandom } from '../../support/random.ts';
import { BALANCERS, type Balancer, type BalancerName } from './balancers.ts';
import { VirtualConnection, VirtualReplica } from './virtual-replica.ts';

export interface Scene {
  readonly seed: number;
  readonly balancer: BalancerName;
  readonly connections: number;
  /** Before and after the change, which comes at second 0. */
  readonly replicas: readonly [before: number, after: number];
  readonly maxAgeMs: number;
  /** Without it age and overload alone spread. */
  readonly isFleetOn: boolean;
  /** Of the first replica, of that of the others. */
  readonly firstSpeed?: number;
  /** Of all CPUs after the change. */
  readonly utilization?: number;
  /** After which the balancer takes the new replicas in. */
  readonly lateMs?: number;
  /** Of the first flow, of all load. */
  readonly firstFlow?: number;
  /** Between two requests of a flow; as Prometheus sends unless it is set. */
  readonly intervalMs?: number;
}

const STEP_MS = 250;
/** So that the replicas there were are in balance before the change. */
const WARM_UP_MS = 300_000;
const SPEED = 100_000;
/** As Prometheus sends: full requests, or what there is after five seconds. */
const SAMPLES_PER_SEND = 2000;
const LONGEST_INTERVAL_MS = 5000;
const FLOWS_PER_CLIENT = 10;

interface Flow {
  readonly client: number;
  readonly samplesPerSecond: number;
  readonly intervalMs: number;
  nextMs: number;
  replica: VirtualReplica | undefined;
  connection: VirtualConnection | undefined;
}

/** At one moment. */
export interface Moment {
  readonly second: number;
  /** Highest load by the mean, each relative to the speed of its replica. */
  readonly maxByMean: number;
  /** Of the last replica, by its fair share: its load is that, too, but for the luck of a few large flows. */
  readonly lastConnections: number;
  /** Since the moment before. */
  readonly reconnects: number;
  readonly isOverloaded: boolean;
}

export class World {
  readonly scene: Scene;
  readonly replicas: VirtualReplica[] = [];
  readonly #random: () => number;
  readonly #balancer: Balancer;
  readonly #flows: Flow[];
  #nowMs = -WARM_UP_MS;
  #reconnects = 0;

  constructor(scene: Scene) {
    this.scene = scene;
    this.#random = seededRandom(scene.seed);
    this.#balancer = BALANCERS[scene.balancer](this.#random);
    const [before, after] = scene.replicas;
    const capacity = SPEED * (after - 1 + (scene.firstSpeed ?? 1));
    this.#flows = this.#makeFlows(capacity * (scene.utilization ?? 0.7));
    for (let index = 0; index < before; index++) this.#addReplica();
    this.#runTo(0);
    for (let index = before; index < after; index++) this.#addReplica();
  }

  /** Goes on for so many seconds, and tells of each. */
  run(seconds: number): Moment[] {
    const moments: Moment[] = [];
    const start = this.#nowMs / 1000;
    for (let second = start; second < start + seconds; second++) {
      const before = this.#reconnects;
      this.#runTo((second + 1) * 1000);
      moments.push(this.#moment(second + 1, this.#reconnects - before));
    }
    return moments;
  }

  #addReplica(): void {
    const { maxAgeMs, isFleetOn, firstSpeed = 1 } = this.scene;
    const plan = {
      speed: SPEED * (this.replicas.length === 0 ? firstSpeed : 1),
      maxAgeMs,
      balance: isFleetOn ? { tolerance: 0.15, minAgeMs: 10_000 } : undefined,
      random: this.#random,
    };
    this.replicas.push(new VirtualReplica(plan, this.#nowMs));
  }

  #makeFlows(samplesPerSecond: number): Flow[] {
    const { connections, firstFlow } = this.scene;
    const weights = Array.from({ length: connections }, () => Math.exp(normal(this.#random)));
    const sum = (): number => weights.reduce((all, weight) => all + weight, 0);
    if (firstFlow !== undefined) weights[0] = ((sum() - weights[0]!) * firstFlow) / (1 - firstFlow);
    const total = sum();
    return weights.map((weight, index): Flow => {
      const rate = (samplesPerSecond * weight) / total;
      const usualMs = Math.min(LONGEST_INTERVAL_MS, (SAMPLES_PER_SEND / rate) * 1000);
      const { intervalMs = usualMs } = this.scene;
      return {
        client: Math.floor(index / FLOWS_PER_CLIENT),
        samplesPerSecond: rate,
        intervalMs,
        nextMs: this.#nowMs + this.#random() * intervalMs,
        replica: undefined,
        connection: undefined,
      };
    });
  }

  #runTo(endMs: number): void {
    for (; this.#nowMs < endMs; this.#nowMs += STEP_MS) {
      for (const flow of this.#flows) if (flow.nextMs <= this.#nowMs) this.#send(flow);
      for (const replica of this.replicas) {
        replica.tick(
          this.#nowMs,
          this.replicas.filter((other) => other !== replica),
        );
      }
    }
  }

  /** All that is due since the last step, as one request: intervals can be shorter than a step. */
  #send(flow: Flow): void {
    const nowMs = this.#nowMs;
    const count = Math.floor((nowMs - flow.nextMs) / flow.intervalMs) + 1;
    flow.nextMs += count * flow.intervalMs;
    if (!flow.connection) this.#connect(flow);
    const samples = (count * flow.samplesPerSecond * flow.intervalMs) / 1000;
    if (!flow.replica!.serve(flow.connection!, samples, nowMs)) flow.connection = undefined;
  }

  #connect(flow: Flow): void {
    const { lateMs = 0, replicas } = this.scene;
    const taken = this.#nowMs >= 0 && this.#nowMs < lateMs ? replicas[0] : this.replicas.length;
    const pool = {
      members: [...this.replicas.keys()].slice(0, taken),
      connectionsOf: (member: number) => this.replicas[member]!.open.size,
    };
    flow.replica = this.replicas[this.#balancer(pool, flow.client)]!;
    flow.connection = new VirtualConnection(flow.client, this.#nowMs, this.#random());
    flow.replica.accept(flow.connection);
    this.#reconnects++;
  }

  /** Of the last replica, which is as fast as all but maybe the first. */
  #fairConnections(): number {
    const { connections, replicas, firstSpeed = 1 } = this.scene;
    return connections / (replicas[1] - 1 + firstSpeed);
  }

  #moment(second: number, reconnects: number): Moment {
    const loads = new Map(this.replicas.map((replica) => [replica, 0]));
    for (const { replica, samplesPerSecond } of this.#flows)
      if (replica) loads.set(replica, loads.get(replica)! + samplesPerSecond);
    const relative = [...loads].map(([{ plan }, load]) => load / plan.speed);
    const speeds = this.replicas.reduce((sum, { plan }) => sum + plan.speed, 0);
    const total = [...loads.values()].reduce((sum, load) => sum + load, 0);
    const mean = total / speeds;
    return {
      second,
      maxByMean: Math.max(...relative) / mean,
      lastConnections: this.replicas.at(-1)!.open.size / this.#fairConnections(),
      reconnects,
      isOverloaded: relative.some((utilization) => utilization > 1),
    };
  }
}

/** Of the standard normal distribution (Box and Muller). */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
