import type { JSX, ReactNode } from 'react'

/** A part of the settings with its headline; `id` is what its address ends with. */
export function Section({ id, title, children }: { id: string; title: string; children: ReactNode }): JSX.Element {
  return (
    <section id={`settings-${id}`} aria-label={title} className="rounded-2xl border border-line bg-card p-5">
      <h2 className="mb-4 font-semibold">{title}</h2>
      <div className="flex flex-col gap-4">{children}</div>
    </section>
  )
}
