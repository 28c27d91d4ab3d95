import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'] as const

/** The browser of this sandbox: what `CHROMIUM` names, or the first that is in `PATH`; undefined when there is none. */
export function findChromium(environment: Readonly<Record<string, string>>): string | undefined {
  const chosen = environment['CHROMIUM']
  if (chosen) return isProgram(chosen) ? chosen : undefined
  const folders = (environment['PATH'] ?? '').split(delimiter).filter(Boolean)
  return names.flatMap(name => folders.map(folder => join(folder, name))).find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}
