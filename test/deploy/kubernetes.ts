/** Manifests of Kubernetes as Helm and kustomize write them, held against schemas and against what a replica needs. */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { Ajv, type ValidateFunction } from 'ajv';
import { parse, parseAllDocuments } from 'yaml';
import { temporaryDirectory } from '../support/balancers.ts';
import { findTool, missing, passes, type Ran, ran } from '../support/tools.ts';
import { shippedPath } from './shipped.ts';

/** The oldest and the newest that the manifests are held against. */
const KUBERNETES_VERSIONS = ['1.30', '1.37'];
const CACHE = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'kafka-adapter');

export const CHART = shippedPath('kubernetes/helm/kafka-adapter');

// biome-ignore lint/suspicious/noExplicitAny: the schemas of Kubernetes say what is in there, not these tests
export type Json = any;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Json;
  readonly spec: Json;
  readonly data: Readonly<Record<string, string>>;
}

export type Parts = readonly string[];

export function findHelm(test: TestContext): string | undefined {
  return findTool(test, { name: 'helm', variable: 'HELM_BIN', probe: ['version', '--short'] });
}

export function findKubectl(test: TestContext): string | undefined {
  return findTool(test, { name: 'kubectl', variable: 'KUBECTL_BIN', probe: ['version', '--client'] });
}

export function exampleValues(name: string): string {
  return shippedPath(`kubernetes/helm/examples/${name}.yaml`);
}

export interface Rendering {
  /** Name of a file in kubernetes/helm/examples. */
  readonly example: string;
  /** For `--set`. */
  readonly set?: Parts;
  readonly release?: string;
}

function template(helm: string, { example, set = [], release = 'metrics' }: Rendering): Ran {
  const values = ['--values', exampleValues(example), ...set.flatMap((part) => ['--set', part])];
  return ran(helm, ['template', release, CHART, '--namespace', 'observability', ...values]);
}

/** What Helm would send to the cluster. */
export function rendered(helm: string, rendering: Rendering): Manifest[] {
  const { status, output } = template(helm, rendering);
  assert.equal(status, 0, output);
  return manifestsOf(output);
}

/** Why Helm sends nothing. */
export function refusal(helm: string, rendering: Rendering): string {
  const { status, output } = template(helm, rendering);
  assert.notEqual(status, 0, `nothing is wrong with ${rendering.set}`);
  return output;
}

/** What kustomize makes of a folder of kubernetes/. */
export function kustomized(kubectl: string, folder: string): Manifest[] {
  const { status, output } = ran(kubectl, ['kustomize', shippedPath(`kubernetes/${folder}`)]);
  assert.equal(status, 0, output);
  return manifestsOf(output);
}

function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** The only one of its kind. */
export function one(manifests: readonly Manifest[], kind: string): Manifest {
  const found = manifests.filter((manifest) => manifest.kind === kind);
  assert.equal(found.length, 1, `${found.length} of the kind ${kind}`);
  return found[0]!;
}

export function kindsOf(manifests: readonly Manifest[]): string[] {
  return manifests.map(({ kind }) => kind).toSorted();
}

/** The schemas of what Kubernetes itself does not know, by kind; undefined when they are not on this machine. */
function operatorSchemas(test: TestContext): Map<string, ValidateFunction> | undefined {
  const folder = process.env['PROMETHEUS_OPERATOR_SCHEMAS'] || join(CACHE, 'prometheus-operator-schemas');
  if (!existsSync(folder))
    return missing(test, `${folder} is missing: set PROMETHEUS_OPERATOR_SCHEMAS; .ci/run fills it`);
  const ajv = new Ajv({ strict: false, validateFormats: false });
  const schemas = new Map<string, ValidateFunction>();
  for (const name of readdirSync(folder).filter((file) => file.endsWith('.yaml'))) {
    const { spec } = parse(readFileSync(join(folder, name), 'utf8'));
    const [{ schema }] = spec.versions;
    schemas.set(spec.names.kind, ajv.compile(strict(schema.openAPIV3Schema) as object));
  }
  return schemas;
}

/** The API server drops unknown fields in silence; here they are an error, but for what every object may have. */
function strict(schema: Json, isRoot = true): Json {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map((item) => strict(item, false));
  const inner = Object.fromEntries(
    Object.entries(schema)
      // Expressions of Go with flags, which JavaScript does not read; none is about a field that is used here.
      .filter(([key, value]) => key !== 'pattern' || !String(value).includes('(?i)'))
      .map(([key, value]) => [key, strict(value, false)]),
  );
  const isClosed = schema.type === 'object' && schema.properties && !schema.additionalProperties;
  return isClosed && !isRoot ? { ...inner, additionalProperties: false } : inner;
}

/** Fails with what a schema has against one of them. False when something to ask is not on this machine. */
export async function assertValid(test: TestContext, manifests: readonly Manifest[]): Promise<boolean> {
  const command = findTool(test, { name: 'kubernetes-validate', variable: 'KUBERNETES_VALIDATE_BIN' });
  const schemas = command && operatorSchemas(test);
  if (!command || !schemas) return false;
  const own = manifests.filter(({ kind }) => !schemas.has(kind));
  const file = join(await temporaryDirectory(test, 'manifests'), 'all.yaml');
  // JSON, which is YAML.
  await writeFile(file, own.map((manifest) => `---\n${JSON.stringify(manifest)}\n`).join(''));
  const versions = KUBERNETES_VERSIONS.flatMap((version) => ['--kubernetes-version', version]);
  const { status, output } = ran(command, ['--strict', '--quiet', ...versions, file]);
  // A kind without a schema is a warning there, and has not been looked at.
  assert.equal(`${status} ${output}`, '0 ');
  for (const manifest of manifests) {
    const isValid = schemas.get(manifest.kind);
    if (isValid) assert.ok(isValid(manifest), `${manifest.kind}: ${JSON.stringify(isValid.errors)}`);
  }
  return true;
}

/** Rules that promtool takes, though they come in a manifest. */
export async function assertRules(test: TestContext, promtool: string, spec: Json): Promise<void> {
  const file = join(await temporaryDirectory(test, 'rules'), 'rules.yml');
  await writeFile(file, JSON.stringify(spec));
  passes(promtool, ['check', 'rules', file]);
}
