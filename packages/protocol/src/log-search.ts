import * as z from 'zod'

/* What `GET /api/conversations/:id/log/search` takes and gives. */

/** Hits in one answer at most. */
export const MOST_HITS = 100

/** `before` is the id of an event: only older ones are looked through. With `limit=0` hits are only counted. */
export const LogSearchQuery = z.object({
  query: z.string().max(200).regex(/\S/, 'something to look for'),
  before: z.coerce.number().int().min(0).optional(),
  limit: z.coerce.number().int().min(0).max(MOST_HITS).default(50),
})

/** An event in which the words stand. */
export const LogHit = z.object({
  id: z.int().nonnegative(),
  /** The event at whose place people see it: of an observation its action, of a changed message the message. */
  shown_at: z.int().nonnegative(),
  /** The name of the action or observation. */
  kind: z.string(),
  is_action: z.boolean(),
  source: z.enum(['user', 'agent', 'environment']),
  timestamp: z.string(),
  /** Some of the text around the first place, of one line or several. */
  snippet: z.string(),
  /** Where in the snippet the words stand: from, and up to but without, in UTF-16 units. */
  matches: z.array(z.tuple([z.int().nonnegative(), z.int().nonnegative()])),
})
export type LogHit = z.infer<typeof LogHit>

/** What a stretch of the log holds of the words, newest first. */
export const LogSearch = z.object({
  hits: z.array(LogHit),
  /** All hits of the stretch, also those that `limit` left out. */
  count: z.int().nonnegative(),
  /** The oldest event that was looked through: `before` of the next stretch; 0 at the beginning of the log. */
  from: z.int().nonnegative(),
})
export type LogSearch = z.infer<typeof LogSearch>

/** What stands for the words of a query in a text: upper and lower case alike, and any white space between them. */
export function wordsPattern(query: string): RegExp {
  return new RegExp(query.trim().split(/\s+/).map(literal).join('\\s+'), 'giu')
}

/** A text as a part of a pattern that stands for nothing else. */
export function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
