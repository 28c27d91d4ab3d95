import { type FormEvent, type JSX, useState } from 'react'
import { exchangeCode, tryToken } from '../api/login.ts'
import { text } from '../text.ts'
import { Button } from '../ui/button.tsx'
import { TextField } from '../ui/field.tsx'
import { Mark } from '../ui/icon.tsx'
import { Notice } from '../ui/notice.tsx'

/** Asks for a token, or for the code of a start link. */
export function LoginPage({ spent }: { spent: boolean }): JSX.Element {
  const [value, setValue] = useState('')
  const [state, setState] = useState<'ready' | 'asking' | 'wrong'>('ready')
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    setState('asking')
    letIn(value.trim()).then(
      () => {
        setState('ready')
        if (spent) location.reload()
      },
      () => setState('wrong'),
    )
  }
  return (
    <main className="quiet-scroll flex h-full items-center justify-center p-6">
      <form
        onSubmit={submit}
        className="flex w-full max-w-sm flex-col gap-4 rounded-2xl border border-line bg-card p-6"
      >
        <Mark className="size-9" />
        <h1 className="text-lg font-semibold">{text.login.title}</h1>
        <p className="text-sm text-muted">{text.login.lead}</p>
        {spent && state === 'ready' && <Notice tone="warn">{text.login.link}</Notice>}
        {state === 'wrong' && (
          <Notice tone="bad" alert>
            {text.login.wrong}
          </Notice>
        )}
        <TextField
          label={text.login.field}
          type="password"
          autoComplete="off"
          spellCheck={false}
          autoFocus
          required
          value={value}
          onChange={setValue}
        />
        <Button kind="main" type="submit" disabled={state === 'asking' || value.trim() === ''}>
          {text.login.submit}
        </Button>
      </form>
    </main>
  )
}

/** A whole link, a code or a token: whatever was pasted. */
async function letIn(pasted: string): Promise<void> {
  const code = /#code=([\w.~-]+)/.exec(pasted)?.[1]
  if (code !== undefined) return await exchangeCode(code)
  try {
    await tryToken(pasted)
  } catch {
    await exchangeCode(pasted)
  }
}
