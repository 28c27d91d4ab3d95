import type { StoredSettings } from '@openhands/protocol'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type JSX, useState } from 'react'
import { readNames, readServer } from '../../api/server-info.ts'
import { settingsText, text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import { Notice } from '../../ui/notice.tsx'
import { FailureNotice } from './failure-notice.tsx'
import { readSteps } from './page-words.ts'
import { SaveLine } from './save-line.tsx'
import { Section } from './section.tsx'
import { useSaving } from './use-saving.ts'
import { WithStored } from './with-stored.tsx'

const words = settingsText.agent

/** Which agent works, how carefully, and for how long without asking. */
export function AgentSection(): JSX.Element {
  return (
    <Section id="agent" title={settingsText.sections.agent}>
      <WithStored>{stored => <AgentForm stored={stored} />}</WithStored>
    </Section>
  )
}

/** What somebody has changed and not saved, as the server takes it; what is absent is as it is stored. */
type Change = Partial<Pick<StoredSettings, 'agent' | 'security_analyzer' | 'confirmation_mode'>>
type Confirmation = '' | 'ask' | 'never'

function AgentForm({ stored }: { stored: StoredSettings | null }): JSX.Element {
  const [change, setChange] = useState<Change>({})
  const [typed, setTyped] = useState<string>()
  const [saving, save, resetSaving] = useSaving()
  const agents = useQuery({ queryKey: ['agents'], queryFn: ({ signal }) => readNames('agents', signal) })
  const analyzers = useQuery({
    queryKey: ['analyzers'],
    queryFn: ({ signal }) => readNames('security-analyzers', signal),
  })
  const own = useServerValues()
  const { agent, security_analyzer, confirmation_mode } = { ...empty, ...stored, ...change }
  const iterations = typed ?? String(stored?.max_iterations ?? '')
  const steps = readSteps(iterations)
  const put = (part: Change): void => {
    setChange({ ...change, ...part })
    resetSaving()
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    if (steps === undefined) return
    save({ ...change, ...(typed === undefined ? {} : { max_iterations: steps }) }, () => {
      setChange({})
      setTyped(undefined)
    })
  }
  const failure = agents.error ?? analyzers.error
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      {failure && <FailureNotice error={failure} />}
      {(agents.data?.length ?? 0) > 1 && (
        <Select
          label={words.name}
          value={agent ?? ''}
          options={optionsOf(agents.data ?? [], agent, own.get('agent') ?? '')}
          onChange={next => put({ agent: next === '' ? null : next })}
        />
      )}
      <Select<Confirmation>
        label={words.confirmation}
        value={confirmation_mode === null ? '' : confirmation_mode ? 'ask' : 'never'}
        options={{
          '': words.asServer(nameOfMode(own.get('confirmation'))),
          ask: security_analyzer ? words.askRisky : words.askAll,
          never: words.never,
        }}
        onChange={next => put({ confirmation_mode: next === '' ? null : next === 'ask' })}
      />
      {confirmation_mode === false && <Notice tone="warn">{words.neverWarning}</Notice>}
      <Select
        label={words.analyzer}
        value={security_analyzer ?? ''}
        options={optionsOf(analyzers.data ?? [], security_analyzer, own.get('analyzer') ?? '')}
        onChange={next => put({ security_analyzer: next === '' ? null : next })}
      />
      <p className="-mt-3 text-xs text-muted">{words.analyzerHint}</p>
      <TextField
        label={words.iterations}
        hint={steps === undefined ? words.iterationsWrong : words.iterationsHint(own.get('maxIterations') ?? '')}
        aria-invalid={steps === undefined}
        inputMode="numeric"
        value={iterations}
        onChange={next => {
          setTyped(next)
          resetSaving()
        }}
      />
      {saving instanceof Error && <FailureNotice error={saving} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button kind="main" type="submit" disabled={saving === 'saving' || steps === undefined}>
          {text.common.save}
        </Button>
        <SaveLine saving={saving} changed={Object.keys(change).length > 0 || typed !== undefined} />
      </div>
    </form>
  )
}

const empty = { agent: null, security_analyzer: null, confirmation_mode: null }

/** What counts where nothing is chosen; nothing as long as the server has not told. */
function useServerValues(): ReadonlyMap<string, string> {
  const { data } = useQuery({ queryKey: ['server'], queryFn: ({ signal }) => readServer(signal) })
  const settings = data?.settings ?? []
  return new Map(settings.flatMap(({ name, value }) => (value === null ? [] : [[name, String(value)] as const])))
}

function nameOfMode(mode: string | undefined): string {
  const names: Readonly<Record<string, string>> = text.home.modes
  return mode !== undefined && Object.hasOwn(names, mode) ? (names[mode] ?? '') : ''
}

/** The names that there are, the one that is stored even where the server knows it no more. */
function optionsOf(names: readonly string[], stored: string | null, own: string): Record<string, string> {
  const all = stored === null || names.includes(stored) ? names : [...names, stored]
  return { '': words.asServer(own), ...Object.fromEntries(all.map(name => [name, name])) }
}
