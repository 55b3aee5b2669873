/** What clients who mean harm try, what they get, and the tests that hold it. */

interface Attack {
  readonly attack: string;
  readonly gets: string;
  /** File under test/ without its ending, and a part of its text: the name of a test or of a group. */
  readonly heldBy: readonly (readonly [file: string, name: string])[];
}

export const ATTACKS: readonly Attack[] = [
  {
    attack: 'headers that come slowly, or never end',
    gets: '503 at `http.headers_timeout`, 431 at `http.max_header_size` or `http.max_headers`, trailers as well; none is left out in silence',
    heldBy: [
      [
        'e2e/hostile-clients',
        'are ended and counted, whatever they stop in: header, body, nothing at all, or a header that drips',
      ],
      ['e2e/hostile-clients', 'with a header without end get 431 at http.max_header_size'],
      ['http/hostile-requests', 'are never left out in silence, however many'],
    ],
  },
  {
    attack: 'bodies that come slowly',
    gets: '503 below `http.min_body_rate`, at the latest at `http.request_timeout`; their room is free again at once',
    heldBy: [['http/slow-clients', 'below http.min_body_rate is 503']],
  },
  {
    attack: 'connections that are half open, half closed, reset in the middle',
    gets: 'an end within seconds, over TLS as well; nothing of them stays',
    heldBy: [
      ['http/slow-clients', 'a client that closes its side'],
      ['e2e/hostile-tls', 'clients that are gone in the middle of a body, without a word below TLS'],
    ],
  },
  {
    attack: '10 000 connections that are never used',
    gets: 'an end at `http.headers_timeout` without an answer; one more than `connection.limit` is reset; operators have a limit of their own',
    heldBy: [
      ['e2e/hostile-clients', 'connections and do nothing leave room and time for others'],
      ['e2e/reload', 'operators get in though senders have used up connection.limit'],
    ],
  },
  {
    attack: 'requests whose end is in doubt: two lengths, length and chunks, odd chunks, bare line ends, NUL',
    gets: '400 and the end of the connection; nothing behind them is executed',
    heldBy: [['e2e/hostile-http', 'a request whose end is in doubt is 400, and the connection ends with it']],
  },
  {
    attack: 'two hosts or none, two credentials, codings below chunks, HTTP/0.9',
    gets: '400 and the end of the connection',
    heldBy: [['http/hostile-requests', 'a request that two readers could take for two different ones']],
  },
  {
    attack:
      'paths in other forms: `//metrics`, `/metrics/`, `/%6detrics`, `/./metrics`, whole URLs, other methods',
    gets: 'the credentials are asked for as before, or there is no such path',
    heldBy: [['http/hostile-requests', 'a path that is written in another way']],
  },
  {
    attack: 'floods of pipelined requests, and answers that are never read',
    gets: '503 and the end above 16 under way, 2 s later, and what came behind is not even parsed; above `http.max_unread_size` the connection that has let them lie longest is ended',
    heldBy: [
      [
        'e2e/hostile-clients',
        'thousands of requests ahead of the answers get 16 answers at most, one 503, and the end',
      ],
      ['http/flood', 'are not even begun behind the one too many'],
      ['http/hostile-requests', 'are bounded by http.max_unread_size'],
      ['http/slow-clients', 'counted as unread_answer'],
    ],
  },
  {
    attack: 'bodies in chunks of next to nothing',
    gets: '400 and the end after two thousand chunks of less than 16 bytes on the average, 2 s later and without a further byte being read',
    heldBy: [
      ['http/flood', 'is 400 and the end of the connection when they are thousands'],
      ['http/flood', 'is not read on while its sender waits for the end'],
      ['http/flood', 'costs nothing more once it is known'],
      ['e2e/hostile-clients', 'in small chunks take no more memory than their bytes'],
    ],
  },
  {
    attack: 'garbage behind requests that are under way',
    gets: '400, after the answers to those',
    heldBy: [['http/hostile-requests', 'does not overtake the answers to requests before it']],
  },
  {
    attack: 'announcements: bodies of gigabytes, snappy of 4 GiB, fields of 2^32-1 bytes',
    gets: '413, 400; nothing is reserved for them',
    heldBy: [
      ['e2e/hostile-clients', 'announced bodies of gigabytes, and never bring them, reserve nothing'],
      ['e2e/hostile-http', 'a body that means more than it is'],
    ],
  },
  {
    attack:
      'bodies that mean more than they are: messages 100 000 deep, a million labels, a label of 30 MiB, long texts named a thousand times',
    gets: '400; memory and time stay bounded, and above 4 MiB they are looked through in turns with all other work, and answered 2 s late when nothing of them can be written',
    heldBy: [
      ['pipeline/large-bodies', 'lets others go before again and again'],
      ['pipeline/large-bodies', 'of which nothing can be written comes late'],
      ['e2e/hostile-http', 'a body that means more than it is'],
      ['e2e/hostile', 'a body of some kilobytes that means gigabytes is answered 400'],
      ['e2e/hostile', 'a label of 30 MiB is answered 400'],
    ],
  },
  {
    attack:
      'NUL, text that is no UTF-8, line breaks, quotes, escape sequences, in every place where there is text',
    gets: '400 where a series is named by it; else it is written as JSON writes it, or U+FFFD in help and unit',
    heldBy: [['e2e/hostile-text', 'text in every place']],
  },
  {
    attack: 'labels that would name topics: `../`, 300 characters, nothing, ever new ones',
    gets: '400 or `kafka.fallback_topic`; no more than `limits.topics`',
    heldBy: [['e2e/hostile-text', 'labels that would be a part of the name of a topic']],
  },
  {
    attack: 'line breaks for headers and log, HTML for the status page',
    gets: 'text: JSON in the log, a content security policy and no markup of others on the page',
    heldBy: [
      ['e2e/hostile-http', 'reach no header of an answer and no line of the log'],
      ['e2e/hostile-http', 'HTML in a user agent and in a path is never HTML of ours'],
    ],
  },
  {
    attack: 'plain text, old versions, stalled handshakes and renegotiation on a TLS port',
    gets: 'an end, counted; others are not disturbed',
    heldBy: [['e2e/hostile-tls', 'plain text, stalled handshakes, old versions and renegotiation end']],
  },
  {
    attack: 'guesses of users and passwords',
    gets: '401 after the same work for every user and for none; 503 above four checks at once from one address, eight in all, on a thread of their own',
    heldBy: [
      ['http/auth', 'the times of a wrong password and of no such user cannot be told apart'],
      ['http/auth', 'that are guessed from one address leave room for a sender from another'],
    ],
  },
  {
    attack: 'all of the limits at once',
    gets: 'less memory than [the sum](#memory)',
    heldBy: [['e2e/memory-bound', 'the process takes less than the sum']],
  },
  {
    attack: 'a broken configuration, certificate, user or token, in the middle of it all',
    gets: 'the last good one stays in force; connections and requests go on',
    heldBy: [
      ['e2e/reload', 'keeps the old configuration when the new one has a problem, and says which'],
      ['e2e/hostile-tls', 'certificate and users are exchanged under load without one failed request'],
    ],
  },
];

export function attackTable(): string {
  const rows = ATTACKS.map(({ attack, gets, heldBy }) => {
    const files = [...new Set(heldBy.map(([file]) => `\`${file}\``))];
    return `| ${attack} | ${gets} | ${files.join(', ')} |`;
  });
  return ['| attack | what it gets | held by the tests in |', '| --- | --- | --- |', ...rows].join('\n');
}
