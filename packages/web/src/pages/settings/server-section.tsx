import type { ServerSetting } from '@openhands/protocol'
import { useQuery } from '@tanstack/react-query'
import type { JSX } from 'react'
import { readServer } from '../../api/server-info.ts'
import { settingsText } from '../../text.ts'
import { Notice } from '../../ui/notice.tsx'
import { Wait } from '../../ui/wait.tsx'
import { FailureNotice } from './failure-notice.tsx'
import { Section } from './section.tsx'
import { counts, nameOf, shownValue } from './server-value.ts'

const words = settingsText.server
type Group = ServerSetting['group']

/** What was decided when the server was started, to be read, with what changes it. */
export function ServerSection(): JSX.Element {
  const server = useQuery({ queryKey: ['server'], queryFn: ({ signal }) => readServer(signal) })
  const settings = server.data?.settings ?? []
  const groups = Object.keys(words.groups) as Group[] // the keys of the record are its names
  const is = (name: string, value: string): boolean => settings.some(each => each.name === name && each.value === value)
  return (
    <Section id="server" title={settingsText.sections.server}>
      {server.isPending && <Wait />}
      {server.isError && (
        <FailureNotice
          error={server.error}
          retry={() => {
            server.refetch().catch(() => undefined) // it is told here
          }}
        />
      )}
      {server.isSuccess && <p className="text-sm text-muted">{words.lead}</p>}
      {is('sandbox', 'local') && <Notice tone="warn">{words.notIsolated}</Notice>}
      {is('egress', 'open') && <Notice tone="warn">{words.openNetwork}</Notice>}
      {server.isSuccess &&
        groups.map(group => (
          <div key={group}>
            <h3 className="mb-1 text-sm font-medium">{words.groups[group]}</h3>
            <dl className="divide-y divide-line">
              {settings
                .filter(each => each.group === group && counts(each.name, settings))
                .map(each => (
                  <Row key={each.name} setting={each} />
                ))}
            </dl>
          </div>
        ))}
    </Section>
  )
}

function Row({ setting }: { setting: ServerSetting }): JSX.Element {
  const { option, env, toml, about } = setting
  return (
    <div className="grid gap-x-4 gap-y-0.5 py-1.5 text-sm sm:grid-cols-[11rem_1fr_auto]">
      <dt className="text-muted" title={about}>
        {nameOf(setting)}
      </dt>
      <dd className="min-w-0 break-words">{shownValue(setting)}</dd>
      <dd className="text-xs text-muted sm:text-right" title={words.orFile(toml)}>
        <code>{option ?? env ?? toml}</code>
      </dd>
    </div>
  )
}
