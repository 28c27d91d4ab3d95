import type { ServerSetting } from '@openhands/protocol'
import { settingsText, text } from '../../text.ts'
import { dollars } from '../../ui/format.ts'

const words = settingsText.server
const names: ReadonlyMap<string, string> = new Map(Object.entries(words.names))
const modes: ReadonlyMap<string, string> = new Map(Object.entries(text.home.modes))

/** What a setting is called here; one that this page does not know yet has its own sentence. */
export function nameOf({ name, about }: Pick<ServerSetting, 'name' | 'about'>): string {
  return names.get(name) ?? about.replace(/ ?\[[^\]]*\]$/, '')
}

/** The value for people; where nothing was said, what counts then. */
export function shownValue({ name, value, about }: Pick<ServerSetting, 'name' | 'value' | 'about'>): string {
  if (name === 'uploadMegabytes' && !value) return words.noLimit
  if (name === 'confirmation' && typeof value === 'string') return modes.get(value) ?? value
  const [, usual] = /\[([^\]]+)\]$/.exec(about) ?? []
  if (value === null) return usual === undefined ? words.unset : words.byDefault(readable(usual))
  if (typeof value === 'boolean') return value ? words.yes : words.no
  if (name === 'maxBudget' && typeof value === 'number') return dollars(value)
  if ((name === 'sandboxMemory' || name === 'diskReserve') && typeof value === 'number') return bytes(value)
  if (name === 'egress' && value === 'none') return words.noHosts
  if (name === 'egress' && value === 'open') return words.openHosts
  return typeof value === 'number' ? value.toLocaleString('en') : value
}

/** What stands in the help text, sizes as they are shown here. */
function readable(usual: string): string {
  const [, count, unit] = /^(\d+)([mg])$/.exec(usual) ?? []
  return count === undefined ? usual : `${count} ${unit === 'g' ? 'GiB' : 'MiB'}`
}

function bytes(size: number): string {
  const gibibytes = size / 1024 ** 3
  return gibibytes >= 1 ? `${round(gibibytes)} GiB` : `${round(size / 1024 ** 2)} MiB`
}

function round(value: number): string {
  return value.toFixed(1).replace(/\.0$/, '')
}

/** Whether a setting means anything beside the others: an image does in containers alone, a list where there is one. */
export function counts(name: string, all: readonly Pick<ServerSetting, 'name' | 'value'>[]): boolean {
  const told = (other: string): ServerSetting['value'] => all.find(each => each.name === other)?.value ?? null
  if (name === 'sandboxImage') return told('sandbox') === 'docker'
  if (name === 'egressAllow') return told('egress') === 'list'
  if (name === 'invariantUrl') return told('invariantUrl') !== null || told('analyzer') === 'invariant'
  return true
}
