import { Text } from '@codemirror/state'

/** What a text's lines end with, so that it is saved as it came: where they differ, a carriage return is a character. */
export function separatorOf(text: string): string {
  return text.includes('\r\n') && !/[^\r]\n|^\n|\r(?!\n)/.test(text) ? '\r\n' : '\n'
}

/** A text as editors hold it. */
export function docOf(text: string, separator: string): Text {
  return Text.of(text.split(separator))
}

/** The same text again. */
export function textOf(doc: Text, separator: string): string {
  return doc.sliceString(0, doc.length, separator)
}
