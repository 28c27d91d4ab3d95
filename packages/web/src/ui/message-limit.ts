import { text } from '../text.ts'

/** Characters of one message. An event has them twice, and nothing above 256 kB goes to a page in one piece (P39). */
const MOST_CHARACTERS = 100_000

/** Why words are too long to be sent, and what to do instead; undefined where they are not. */
export function tooLong(words: string): string | undefined {
  return words.length > MOST_CHARACTERS ? text.composer.tooLong(words.length, MOST_CHARACTERS) : undefined
}
