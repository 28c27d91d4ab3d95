import { type InputHTMLAttributes, type JSX, type ReactNode, useId } from 'react'

/** The look of everything that is typed into. Below 16 pixels, browsers of phones zoom in on it, and do not zoom back. */
export const fieldLook =
  'w-full rounded-lg border border-strong-line/60 bg-card px-3 text-sm text-ink pointer-coarse:text-[1rem] placeholder:text-muted focus-visible:border-accent aria-invalid:border-bad aria-invalid:bg-bad-soft'

interface TextFieldProps extends Omit<InputHTMLAttributes<HTMLInputElement>, 'onChange' | 'className'> {
  readonly label: string
  readonly hint?: ReactNode
  /** Offered while typing. */
  readonly choices?: readonly string[]
  readonly onChange: (value: string) => void
}

/** A line of text with its label, a hint below and, where there are some, choices. */
export function TextField({ label, hint, choices, onChange, ...rest }: TextFieldProps): JSX.Element {
  const id = useId()
  return (
    <div className="flex flex-col gap-1">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <input
        id={id}
        className={`${fieldLook} h-9`}
        aria-describedby={hint ? `${id}-hint` : undefined}
        list={choices ? `${id}-choices` : undefined}
        onChange={event => onChange(event.target.value)}
        {...rest}
      />
      {choices && (
        <datalist id={`${id}-choices`}>
          {choices.map(each => (
            <option key={each} value={each} />
          ))}
        </datalist>
      )}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-muted">
          {hint}
        </p>
      )}
    </div>
  )
}

interface SelectProps<T extends string> {
  readonly label: string
  readonly value: T
  readonly options: Readonly<Record<T, string>>
  readonly onChange: (value: T) => void
  /** Shows the label to screen readers alone. */
  readonly bare?: boolean
}

/** One of a few. */
export function Select<T extends string>({ label, value, options, onChange, bare }: SelectProps<T>): JSX.Element {
  const id = useId()
  const names = Object.keys(options) as T[] // the keys of the record are its names
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={bare ? 'sr-only' : 'text-sm font-medium'}>
        {label}
      </label>
      <select
        id={id}
        value={value}
        className={`${fieldLook} h-9 min-w-0 truncate pr-1 pl-2`}
        onChange={event => {
          const chosen = names.find(each => each === event.target.value)
          if (chosen !== undefined) onChange(chosen)
        }}
      >
        {names.map(each => (
          <option key={each} value={each}>
            {options[each]}
          </option>
        ))}
      </select>
    </div>
  )
}

/** Yes or no. */
export function Checkbox({
  label,
  checked,
  onChange,
}: {
  label: string
  checked: boolean
  onChange: (checked: boolean) => void
}): JSX.Element {
  return (
    <label className="flex items-start gap-2 text-sm">
      <input
        type="checkbox"
        className="mt-0.5 size-4 shrink-0 accent-accent"
        checked={checked}
        onChange={event => onChange(event.target.checked)}
      />
      <span>{label}</span>
    </label>
  )
}
