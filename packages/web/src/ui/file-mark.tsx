import type { ChangeInfo } from '@openhands/protocol'
import type { JSX } from 'react'
import { fileText } from '../text.ts'

type Kind = ChangeInfo['kind']

const looks: Record<Kind, readonly [sign: string, look: string]> = {
  added: ['A', 'text-good'],
  untracked: ['U', 'text-good'],
  modified: ['M', 'text-warn'],
  renamed: ['R', 'text-info'],
  copied: ['C', 'text-info'],
  deleted: ['D', 'text-bad'],
  conflicted: ['!', 'text-bad'],
}

/** What has become of a file, as one letter whose word is read aloud and shown under the pointer. */
export function FileMark({ kind }: { kind: Kind }): JSX.Element {
  const [sign, look] = looks[kind]
  return (
    <span title={fileText.kinds[kind]} className={`w-4 shrink-0 text-center font-mono text-xs font-semibold ${look}`}>
      <span aria-hidden="true">{sign}</span>
      <span className="sr-only">{fileText.kinds[kind]}</span>
    </span>
  )
}
