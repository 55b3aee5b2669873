/** The test reporter: a line a file, every failure and every skip in full, the counts at the end. */

import { relative } from 'node:path';
import { inspect } from 'node:util';

interface TestData {
  readonly name: string;
  readonly file?: string;
  readonly skip?: boolean | string;
  readonly details?: { readonly type?: string; readonly error?: Error };
  readonly nesting: number;
}

interface SummaryData {
  readonly file?: string;
  readonly duration_ms: number;
  readonly success: boolean;
  readonly counts: Readonly<Record<'passed' | 'failed' | 'skipped' | 'cancelled' | 'tests', number>>;
}

type TestEvent =
  | { type: 'test:pass' | 'test:fail'; data: TestData }
  | { type: 'test:stderr'; data: { message: string } }
  | { type: 'test:summary'; data: SummaryData };

const shortPath = (file: string | undefined): string => relative(process.cwd(), file ?? '');

function describeFailure({ file, name, details }: TestData): string {
  const error = details?.error;
  const cause = error?.cause ?? error;
  return `\n✖ ${shortPath(file)}: ${name}\n${inspect(cause, { depth: 5 }).replace(/^/gm, '    ')}\n`;
}

/** A suite fails because a test in it did, which is told already. */
function isEcho({ details }: TestData): boolean {
  const failure = details?.error as { failureType?: string } | undefined;
  return failure?.failureType === 'subtestsFailed';
}

export default async function* report(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const failures: string[] = [];
  for await (const event of source) {
    if (event.type === 'test:stderr') yield event.data.message;
    if (event.type === 'test:fail' && !isEcho(event.data)) {
      const text = describeFailure(event.data);
      failures.push(text);
      yield text;
    }
    if (event.type === 'test:pass' && event.data.skip !== undefined && event.data.skip !== false) {
      yield `↷ SKIPPED ${shortPath(event.data.file)}: ${event.data.name}: ${event.data.skip}\n`;
    }
    if (event.type === 'test:summary') {
      const { counts, duration_ms, file, success } = event.data;
      const seconds = (duration_ms / 1000).toFixed(1);
      if (file !== undefined) {
        yield `${success ? '✔' : '✖'} ${shortPath(file)}  ${counts.passed} of ${counts.tests}, ${seconds} s\n`;
      } else {
        if (failures.length > 0) yield `\nThe failures once more:\n${failures.join('')}`;
        const failed = counts.failed + counts.cancelled;
        yield `\nin ${seconds} s:\n${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped\n`;
      }
    }
  }
}
