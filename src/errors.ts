/** The one table of errors: code, HTTP status, whether the sender should try again, and what it means. */

interface ErrorEntry {
  /** HTTP status of the answer. Never 408 or 429: Prometheus drops the batch on both. */
  readonly status: 400 | 401 | 403 | 404 | 405 | 413 | 415 | 431 | 500 | 503;
  /** Whether the same request may succeed later; such answers carry Retry-After. */
  readonly retryable: boolean;
  /** What happened and what to do, for docs/errors.md. */
  readonly doc: string;
}

export const ERRORS = {
  snappy_invalid: {
    status: 400,
    retryable: false,
    doc: 'The body is not snappy in block format (the framed format, gzip and plain protobuf are not either). Nothing of it was written.',
  },
  decoded_too_large: {
    status: 400,
    retryable: false,
    doc: 'The length that the snappy header declares is over `http.max_decoded_size`, checked before anything is allocated; or the texts of a 2.0 request are, each counted as often as it is named. Nothing of it was written.',
  },
  protobuf_invalid: {
    status: 400,
    retryable: false,
    doc: 'The decompressed body is not the message that the Content-Type names. Nothing of it was written.',
  },
  limit_exceeded: {
    status: 400,
    retryable: false,
    doc: 'The request is over one of the `limits.*`, or its records alone take more than `kafka.max_queue_size`. Nothing of it was written.',
  },
  content_invalid: {
    status: 400,
    retryable: false,
    doc: 'Some series broke a rule (the answer says how many and why, with the first of each reason; `samples_dropped_total` counts them by reason). All others were written and acknowledged.',
  },
  http_invalid: {
    status: 400,
    retryable: false,
    doc: 'The request is not well-formed HTTP, or its body is shorter than its Content-Length.',
  },
  unauthorized: {
    status: 401,
    retryable: false,
    doc: 'The write paths ask for a user (`http.basic_auth.*`), and the request names none or the wrong one. Nothing of it was read.',
  },
  not_found: { status: 404, retryable: false, doc: 'No such path.' },
  method_not_allowed: {
    status: 405,
    retryable: false,
    doc: 'The path exists, the method does not; `Allow` names the right ones.',
  },
  body_too_large: {
    status: 413,
    retryable: false,
    doc: 'The compressed body is over `http.max_body_size`.',
  },
  content_type_unsupported: {
    status: 415,
    retryable: false,
    doc: 'The Content-Type is not `application/x-protobuf`, or its `proto` parameter names a message this version does not read. Decided before the body is read.',
  },
  content_encoding_unsupported: {
    status: 415,
    retryable: false,
    doc: 'The Content-Encoding is not `snappy`. Decided before the body is read.',
  },
  parameter_invalid: {
    status: 400,
    retryable: false,
    doc: 'A parameter in the query of an operations route cannot be used.',
  },
  config_invalid: {
    status: 500,
    retryable: false,
    doc: '`POST /-/reload` found a configuration that cannot be used; the old one stays in force.',
  },
  lifecycle_disabled: {
    status: 403,
    retryable: false,
    doc: 'The route changes what the replica does, and `http.enable_lifecycle` is false.',
  },
  headers_too_large: {
    status: 431,
    retryable: false,
    doc: 'The request headers are over `http.max_header_size`, or more than `http.max_headers`.',
  },
  internal: {
    status: 500,
    retryable: true,
    doc: 'A fault in the adapter itself; the log has the details. The sender will try again.',
  },
  overloaded: {
    status: 503,
    retryable: true,
    doc: 'More than `http.max_inflight_size` is admitted and not yet answered. Nothing of the request was read or written.',
  },
  queue_full: {
    status: 503,
    retryable: true,
    doc: 'The records that wait for Kafka take `kafka.max_queue_size`: Kafka is slow or away. Nothing of the request was written.',
  },
  request_timeout: {
    status: 503,
    retryable: true,
    doc: 'The request did not arrive whole within `http.headers_timeout` or `http.request_timeout`.',
  },
  kafka_unavailable: {
    status: 503,
    retryable: true,
    doc: 'No Kafka broker can be reached, or none leads the partition at the moment.',
  },
  kafka_timeout: {
    status: 503,
    retryable: true,
    doc: 'Kafka did not acknowledge everything within `kafka.produce_timeout`. Some records may be there already: the repeated request may write them again.',
  },
  kafka_refused: {
    status: 503,
    retryable: true,
    doc: 'Kafka answered with an error that a repeat alone does not cure (authorisation, an invalid topic); the log and `kafka_produce_failures_total` name it.',
  },
  topic_missing: {
    status: 503,
    retryable: true,
    doc: 'The topic does not exist and the brokers do not create it by themselves. Create it, or set `kafka.create_topics`.',
  },
  schema_registry_unavailable: {
    status: 503,
    retryable: true,
    doc: 'The schema registry (`avro.registry_url`) does not answer, and the id of the schema is not known yet. It is asked again, with pauses of up to 10 s; once the id is known, the registry is not needed any more.',
  },
  schema_refused: {
    status: 503,
    retryable: true,
    doc: 'The schema registry refuses the schema, or does not have it and `avro.register_schema` is false; the answer names the subject and the reason. 503, since the samples can be written once that is cured.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERRORS;

/** Expected trouble. `code` decides the status; `message` is the one line that the sender gets to read. */
export class AdapterError extends Error {
  readonly code: ErrorCode;
  /** How long the sender has to wait for this answer. */
  penaltyMs = 0;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'AdapterError';
    this.code = code;
  }

  get status(): number {
    return ERRORS[this.code].status;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }
}

/** Why something was left out while the rest of its request was written. Reasons of `samples_dropped_total`. */
export const DROP_REASONS = {
  name_missing: 'no label `__name__`, or an empty one',
  label_name_empty: 'a label without a name',
  label_duplicate: 'the same label name twice',
  label_not_utf8: 'a label name or value that is not valid UTF-8',
  labels_too_many: 'more labels than `limits.labels_per_series`',
  label_name_too_long: 'a label name over `limits.label_name_length`',
  label_value_too_long: 'a label value over `limits.label_value_length`',
  label_ref_invalid: 'a label reference without its partner, or outside of the symbols table',
  metadata_ref_invalid: 'a reference of help or unit outside of the symbols table',
  series_empty: 'a series without a sample, histogram or exemplar',
  timestamp_out_of_range:
    'a time over 8.64e15 ms before or after 1970 (the years -271821 to 275760), which no date format can hold',
  timestamp_too_far_ahead: 'a time further ahead of the present than `limits.future`',
  histogram_invalid: 'a native histogram that breaks the rules of its kind; the answer says which',
  buckets_too_many:
    'a native histogram with more buckets, spans and bounds than `limits.buckets_per_histogram`',
  exemplar_ref_invalid:
    'a label reference of an exemplar without its partner, or outside of the symbols table',
  exemplar_labels_invalid:
    'an exemplar with an empty or repeated label name, too many labels, or text that is not UTF-8',
  relabelled_invalid: 'labels that break a rule once they are relabelled, such as no `__name__`',
  topic_invalid:
    'a topic by template that is no topic name, or one more than `limits.topics`, and no `kafka.fallback_topic`',
  format_cannot_hold:
    'a native histogram or exemplar, for which `record.format` has no place; not an error of the sender, so the answer stays 204',
  record_too_large:
    'a record that is larger than a batch may be (`kafka.max_batch_size`, or what the topic takes), or a series whose texts alone are',
  record_refused: 'a record that the broker refuses for good, for example for its timestamp',
} as const;

export type DropReason = keyof typeof DROP_REASONS;

/** What the operator has chosen to leave out: no fault of the sender, who could not mend it either. */
export const CHOSEN_REASONS: ReadonlySet<DropReason> = new Set<DropReason>(['format_cannot_hold']);

/** Any thrown thing as an AdapterError; what nobody expected becomes `internal`. */
export function asAdapterError(error: unknown): AdapterError {
  if (error instanceof AdapterError) return error;
  return new AdapterError('internal', 'internal error, see the log of the adapter', { cause: error });
}
