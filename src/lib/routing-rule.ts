/** A rule that gives the series it matches a topic. */

export interface RoutingRule {
  /** A selector, see `parseSelector`. */
  readonly match: string;
  /** A name or a template, see `parseTopicTemplate`. */
  readonly topic: string;
}
