import type { JSX } from 'react'

interface SplitterProps {
  readonly label: string
  /** Pixels of what stands to the right of it. */
  readonly width: number
  readonly least: number
  readonly most: number
  readonly onChange: (width: number) => void
}

const STEP = 24

/** The line between two parts, to be dragged or moved by the arrow keys. */
export function Splitter({ label, width, least, most, onChange }: SplitterProps): JSX.Element {
  const change = (wanted: number): void => onChange(Math.round(Math.min(most, Math.max(least, wanted))))
  return (
    // biome-ignore lint/a11y/useSemanticElements: a line that can be moved is no rule
    <div
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={label}
      aria-valuenow={width}
      aria-valuemin={least}
      aria-valuemax={most}
      className="group relative z-10 w-px shrink-0 cursor-col-resize touch-none bg-line"
      onKeyDown={event => {
        if (event.key === 'ArrowLeft') change(width + STEP)
        else if (event.key === 'ArrowRight') change(width - STEP)
        else return
        event.preventDefault()
      }}
      onPointerDown={event => {
        event.currentTarget.setPointerCapture(event.pointerId)
        event.preventDefault()
      }}
      onPointerMove={event => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) change(window.innerWidth - event.clientX)
      }}
    >
      <div className="absolute inset-y-0 -left-1.5 w-3 group-hover:bg-accent/20 group-focus-visible:bg-accent/30" />
    </div>
  )
}
