import { useQuery } from '@tanstack/react-query'
import { type JSX, Suspense, useState } from 'react'
import { readSettings } from '../../api/settings.ts'
import { text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Fence } from '../../ui/fence.tsx'
import { part } from '../../ui/part.ts'
import { Wait } from '../../ui/wait.tsx'
import { DemoButton } from './demo-button.tsx'

const ModelForm = part(async () => (await import('../settings/model-form.tsx')).ModelForm)

/** What to do while no model is set up: the same form as in the settings, which tries key and model before it saves them. */
export function SetupCard(): JSX.Element {
  const [open, setOpen] = useState(false)
  const settings = useQuery({ queryKey: ['settings'], queryFn: ({ signal }) => readSettings(signal) })
  return (
    <section
      aria-label={text.setup.title}
      className="flex flex-wrap items-center gap-x-6 gap-y-3 rounded-2xl border border-accent/30 bg-accent-soft p-4"
    >
      <div className="min-w-60 flex-1">
        <h2 className="text-sm font-semibold">{text.setup.title}</h2>
        <p className="text-sm text-muted">{text.setup.lead}</p>
      </div>
      <div className="flex flex-wrap items-center gap-2">
        <DemoButton />
        {!open && (
          <Button icon="plug" onClick={() => setOpen(true)}>
            {text.setup.connect}
          </Button>
        )}
      </div>
      {open && (
        <div className="w-full rounded-xl border border-line bg-card p-4">
          <Fence>
            <Suspense fallback={<Wait />}>
              <ModelForm stored={settings.data ?? null} focused />
            </Suspense>
          </Fence>
        </div>
      )}
    </section>
  )
}
