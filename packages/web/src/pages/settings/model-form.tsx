import type { StoredSettings } from '@openhands/protocol'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type JSX, useState } from 'react'
import { readModels } from '../../api/settings.ts'
import { settingsText, text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { TextField } from '../../ui/field.tsx'
import { FailureNotice } from './failure-notice.tsx'
import { sameEndpoint } from './page-words.ts'
import { SaveLine } from './save-line.tsx'
import { TestResult } from './test-result.tsx'
import { useModelTest } from './use-model-test.ts'
import { useSaving } from './use-saving.ts'

interface ModelFormProps {
  readonly stored: StoredSettings | null
  readonly focused: boolean
}

/** What somebody has changed and not saved; what is absent is as it is stored. */
interface Draft {
  readonly model?: string
  readonly baseUrl?: string
  readonly key?: string
}

/** Model, key and address, tried before they are saved (P26). */
export function ModelForm({ stored, focused }: ModelFormProps): JSX.Element {
  const [draft, setDraft] = useState<Draft>({})
  const [saving, save, resetSaving] = useSaving()
  const [testing, test, stop] = useModelTest()
  const models = useQuery({ queryKey: ['models'], queryFn: ({ signal }) => readModels(signal), staleTime: 600_000 })
  const kept = { model: stored?.llm_model ?? '', baseUrl: stored?.llm_base_url ?? '' }
  const { model, baseUrl, key } = { ...kept, key: '', ...draft }
  const hasKey = Boolean(stored?.llm_api_key)
  const typed = key.trim() !== ''
  const change = (part: Draft): void => {
    setDraft({ ...draft, ...part })
    resetSaving()
    stop()
  }
  const keep = (): void => {
    const { key: _, ...named } = draft
    const changed = {
      ...(named.model === undefined ? {} : { llm_model: model.trim() }),
      ...(named.baseUrl === undefined ? {} : { llm_base_url: baseUrl.trim() }),
      ...(typed ? { llm_api_key: key.trim() } : {}),
    }
    save(changed, () => setDraft({}))
  }
  const asked = { llm_model: model.trim(), llm_base_url: baseUrl.trim(), ...(typed ? { llm_api_key: key.trim() } : {}) }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    test(asked, keep)
  }
  const failed = typeof testing === 'object' && (testing instanceof Error || !testing.ok)
  const wrong = typeof testing === 'object' && 'ok' in testing && !testing.ok ? testing.field : undefined
  const busy = saving === 'saving' || testing === 'testing'
  return (
    <form onSubmit={submit} className="flex flex-col gap-4">
      <TextField
        label={text.settings.model}
        hint={text.settings.modelHint}
        value={model}
        onChange={next => change({ model: next })}
        choices={models.data ?? []}
        aria-invalid={wrong === 'llm_model'}
        autoFocus={focused}
        autoComplete="off"
        spellCheck={false}
      />
      {models.isError && <FailureNotice error={models.error} />}
      <TextField
        label={text.settings.key}
        hint={keyHint({ hasKey, typed, elsewhere: !sameEndpoint(kept, { model, baseUrl }) })}
        type="password"
        value={key}
        onChange={next => change({ key: next })}
        aria-invalid={wrong === 'llm_api_key'}
        autoComplete="off"
        spellCheck={false}
        placeholder={hasKey ? '••••••••' : ''}
      />
      <TextField
        label={text.settings.baseUrl}
        hint={text.settings.baseUrlHint}
        value={baseUrl}
        onChange={next => change({ baseUrl: next })}
        aria-invalid={wrong === 'llm_base_url'}
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
      />
      <TestResult testing={testing} stop={stop} />
      {saving instanceof Error && <FailureNotice error={saving} />}
      <div className="flex flex-wrap items-center gap-3">
        <Button kind="main" type="submit" disabled={busy}>
          {settingsText.test.andSave}
        </Button>
        <Button disabled={busy} onClick={() => test(asked)}>
          {settingsText.test.only}
        </Button>
        {failed && (
          <Button disabled={busy} onClick={keep}>
            {settingsText.test.anyway}
          </Button>
        )}
        {hasKey && (
          <Button kind="danger" disabled={busy} onClick={() => save({ llm_api_key: null }, () => change({ key: '' }))}>
            {text.settings.keyRemove}
          </Button>
        )}
        <SaveLine saving={saving} changed={Object.keys(draft).length > 0} />
      </div>
    </form>
  )
}

function keyHint({ hasKey, typed, elsewhere }: { hasKey: boolean; typed: boolean; elsewhere: boolean }): string {
  if (!hasKey) return text.settings.keyNone
  return elsewhere && !typed ? settingsText.test.otherEndpoint : settingsText.test.keySet
}
