import type { IParser } from '@xterm/xterm'

/**
 * Sequences that a terminal would answer, as if somebody had typed: attributes, states, sizes, modes. What printed them
 * may be a file that was shown, and earlier output is shown again to whoever comes later.
 */
const questions = [
  { final: 'c' },
  { prefix: '>', final: 'c' },
  { prefix: '=', final: 'c' },
  { final: 'n' },
  { prefix: '?', final: 'n' },
  { intermediates: '$', final: 'p' },
  { prefix: '?', intermediates: '$', final: 'p' },
  { prefix: '>', final: 'q' },
  { prefix: '?', final: 'u' },
  { final: 't' },
  { final: 'x' },
] as const

/**
 * Titles and icons (0, 1, 2), colours of the page and questions for them (4, 5, 10 to 19), folders (7), links that hide
 * their address (8), notices (9, 99, 777), the clipboard (52), and what other terminals do besides (633, 1337).
 */
const commands = [0, 1, 2, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 50, 52, 99, 104, 633, 777, 1337]

/** Makes a terminal obey nothing that reaches beyond its own letters: it answers no question and touches neither title, clipboard nor links (S17). */
export function mute(parser: IParser): void {
  const swallow = (): boolean => true
  for (const question of questions) parser.registerCsiHandler(question, swallow)
  for (const command of commands) parser.registerOscHandler(command, swallow)
  parser.registerDcsHandler({ intermediates: '$', final: 'q' }, swallow)
  parser.registerDcsHandler({ intermediates: '+', final: 'q' }, swallow)
}

/** Whether something that a terminal wants to send tells only of the focus: that may be an answer, too. */
export function isFocusReport(data: string): boolean {
  return data === '\u001b[I' || data === '\u001b[O'
}

/** What may be typed when a text is pasted: without controls, which could end the bracket around it and act (S17). */
export function pasteable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/g, '')
}
