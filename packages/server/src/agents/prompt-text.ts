import { readFileSync } from 'node:fs'

/** What the agent is told about its work. */
export const systemPrompt: string = promptText('system')

/** The text of a file under `prompts/`, without its last line end. Throws when there is no such file. */
export function promptText(name: string): string {
  return readFileSync(new URL(`./prompts/${name}.md`, import.meta.url), 'utf8').trimEnd()
}
