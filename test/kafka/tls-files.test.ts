/** Certificates and keys for brokers: what is wrong with them is said, and a bad new one leaves the old one in use. */

import assert from 'node:assert/strict';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { subjectOf, TlsFileError, TlsFiles } from '../../src/kafka/tls-files.ts';
import { Authority, hasOpenssl, type IssuedCertificate } from '../support/authority.ts';
import { keepingLogger } from './stage.ts';

const PASSWORD = 'opener';

describe('TLS files', { skip: !hasOpenssl() }, () => {
  let authority: Authority;
  let one: IssuedCertificate;
  let two: IssuedCertificate;
  let locked: IssuedCertificate;
  before(() => {
    authority = new Authority();
    one = authority.issue({ name: 'one' });
    two = authority.issue({ name: 'two' });
    locked = authority.issue({ name: 'locked', keyPassword: PASSWORD });
  });
  after(() => authority.remove());

  function open({ caFile = authority.caFile, certFile = '', keyFile = '', keyPassword = '' } = {}) {
    const { logger, lines } = keepingLogger();
    return { files: new TlsFiles({ caFile, certFile, keyFile, keyPassword }, logger), lines };
  }

  /** Copies that a test may replace. */
  function copies(): { certFile: string; keyFile: string; replace: (by: IssuedCertificate) => void } {
    const [certFile, keyFile] = ['live-cert.pem', 'live-key.pem'].map((name) =>
      join(authority.directory, name),
    );
    const replace = (by: IssuedCertificate): void => {
      copyFileSync(by.certFile, certFile!);
      copyFileSync(by.keyFile, keyFile!);
    };
    return { certFile: certFile!, keyFile: keyFile!, replace };
  }

  test('that are sound are read once, a key with its password too', () => {
    for (const given of [{}, { ...one }, { ...locked, keyPassword: PASSWORD }]) {
      const { files, lines } = open(given);
      assert.equal(files.context, files.context);
      assert.deepEqual(lines, []);
    }
    assert.equal(subjectOf(one.certFile), 'CN=one');
  });

  test('that cannot be used at the start are named with what is wrong', () => {
    const noPem = join(authority.directory, 'no.pem');
    writeFileSync(noPem, 'hello');
    const cases: [Parameters<typeof open>[0], RegExp][] = [
      [{ caFile: '/nowhere.pem' }, /^kafka\.tls\.ca_file \/nowhere\.pem cannot be read \(ENOENT\)$/],
      [{ caFile: noPem }, /^kafka\.tls\.ca_file .* has no certificate in PEM form$/],
      [{ ...one, certFile: noPem }, /^kafka\.tls\.cert_file .* is no certificate in PEM form$/],
      [{ ...one, keyFile: noPem }, /^kafka\.tls\.key_file .* is no private key in PEM form$/],
      [{ ...one, keyFile: two.keyFile }, /^kafka\.tls\.key_file .* is not the key of kafka\.tls\.cert_file/],
      [locked, /is encrypted, and there is no kafka\.tls\.key_password$/],
      [{ ...locked, keyPassword: 'guess' }, /cannot be decrypted with the kafka\.tls\.key_password$/],
    ];
    for (const [given, text] of cases) {
      assert.throws(
        () => open(given).files.context,
        (error) => {
          assert.ok(error instanceof TlsFileError, String(error));
          assert.match(error.message, text);
          assert.ok(!error.message.includes('guess'));
          return true;
        },
      );
    }
  });

  test('that have changed are read again', () => {
    const { certFile, keyFile, replace } = copies();
    replace(one);
    const { files, lines } = open({ certFile, keyFile });
    const before = files.context;
    replace(two);
    assert.notEqual(files.context, before);
    assert.deepEqual(
      lines.map(({ level, message }) => [level, message]),
      [['info', 'the TLS files for Kafka have changed and were read again']],
    );
  });

  test('of which a new one is bad or missing leave the old ones in use, with one warning for each change', () => {
    const { certFile, keyFile, replace } = copies();
    replace(one);
    const { files, lines } = open({ certFile, keyFile });
    const before = files.context;
    copyFileSync(two.certFile, certFile);
    for (let i = 0; i < 3; i++) assert.equal(files.context, before);
    rmSync(keyFile);
    for (let i = 0; i < 3; i++) assert.equal(files.context, before);
    assert.deepEqual(
      lines.map(({ level }) => level),
      ['warn', 'warn'],
    );
    assert.match(String(lines[0]!.fields['problem']), /is not the key of/);
    assert.match(String(lines[1]!.fields['problem']), /cannot be read \(ENOENT\)/);
    replace(two);
    assert.notEqual(files.context, before, 'and are replaced once all of them are good');
  });
});
