import { type Event, isAction } from './event.ts'

/** Characters that are looked through for a line: of words with a long beginning of nothing but signs, none is shown. */
const LOOKED_THROUGH = 2_000

/** The first line of an event's sentence that says something, in at most so many characters; of what an agent says, which is markdown, the words. */
export function firstWords(event: Event, most: number): string {
  const beginning = event.message.trimStart().slice(0, LOOKED_THROUGH)
  if (!isMarkdown(event)) return cut(firstSentence(beginning), most)
  for (const line of beginning.split('\n')) {
    const words = plainWords(line)
    if (words !== '') return cut(words, most)
  }
  return ''
}

/** The first line; one that leads to what is quoted below it goes on with that. */
function firstSentence(words: string): string {
  const [first = '', ...rest] = words.split('\n')
  const quoted = first.endsWith(':') ? rest.find(line => !wordless.test(line)) : undefined
  return quoted === undefined ? first : `${first} ${quoted.trim()}`
}

/** What the agent says is markdown; what it does is told in a sentence that quotes, and quoted words stay as they are. */
function isMarkdown(event: Event): boolean {
  if (!isAction(event) || event.source !== 'agent') return false
  return event.action === 'message' || event.action === 'think' || event.action === 'finish'
}

function cut(line: string, most: number): string {
  return line.trimEnd().slice(0, most).toWellFormed()
}

/** A fence, a rule, or the second line of a table: nothing of it is words. */
const wordless = /^\s*(?:(?:```|~~~)\S*\s*|[-*_\s]+|[|:\-\s]+)$/
/** What stands before a line: quotes, headings, marks of lists, boxes to tick. */
const lead = /^(?:\s|>|#{1,6}(?=\s)|[-*+](?=\s)|\[[ xX]\](?=\s))+/
const quoted = /(`{1,9})(?!`)(.{1,500}?)(?<!`)\1(?!`)/g
const rules: readonly (readonly [RegExp, string])[] = [
  [/!?\[([^[\]]{0,300})\]\([^()\s]{0,2000}\)/g, '$1'],
  [/(\*\*|__|~~)(?=\S)(.{1,500}?)(?<=\S)\1/g, '$2'],
  [/(?<![\w*])\*(?=[^\s*])([^*]{1,500}?)(?<=\S)\*(?![\w*])/g, '$1'],
  [/(?<![\w_])_(?=[^\s_])([^_]{1,500}?)(?<=\S)_(?![\w_])/g, '$1'],
]
/** Holds the place of what is left to the letter while the rest is read. */
const PLACE = '\uE000'

/** A line of markdown without its signs; what stands in it as code is left to the letter. */
export function plainWords(line: string): string {
  if (wordless.test(line)) return ''
  const code: string[] = []
  const held = line
    .replaceAll(PLACE, '')
    .replace(lead, '')
    .replace(quoted, (_, _ticks, inside: string) => {
      code.push(inside)
      return PLACE
    })
  const plain = rules.reduce((words, [sign, kept]) => words.replace(sign, kept), held)
  return plain.replaceAll(PLACE, () => code.shift() ?? '').trim()
}
