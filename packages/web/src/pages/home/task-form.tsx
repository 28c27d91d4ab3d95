import { useQuery } from '@tanstack/react-query'
import { type FormEvent, type JSX, useState } from 'react'
import { RequestError } from '../../api/request.ts'
import { readModels } from '../../api/settings.ts'
import { startTask } from '../../api/start-task.ts'
import { go } from '../../store/route.ts'
import { examples, text } from '../../text.ts'
import { Button, IconButton } from '../../ui/button.tsx'
import { Select, TextField } from '../../ui/field.tsx'
import { Icon, type IconName } from '../../ui/icon.tsx'
import { useImages } from '../../ui/images.tsx'
import { tooLong } from '../../ui/message-limit.ts'
import { Notice } from '../../ui/notice.tsx'
import { useDraft } from '../../ui/use-draft.ts'
import { isTouch, WordsField } from '../../ui/words-field.tsx'

type Mode = keyof typeof text.home.modes

/** A task in one field, with where, by which model and how carefully. */
export function TaskForm({ defaultModel }: { defaultModel: string | null }): JSX.Element {
  const [task, setTask] = useDraft('task')
  const [model, setModel] = useState('')
  const [directory, setDirectory] = useState('')
  const [mode, setMode] = useState<Mode>('default')
  const [busy, setBusy] = useState(false)
  const [failure, setFailure] = useState<RequestError>()
  const images = useImages()
  const models = useQuery({ queryKey: ['models'], queryFn: ({ signal }) => readModels(signal), staleTime: 600_000 })
  const start = (words: string): void => {
    if (busy || words.trim() === '' || tooLong(words)) return
    setBusy(true)
    setFailure(undefined)
    const confirmation = mode === 'default' ? {} : { confirmation: mode }
    startTask({
      text: words.trim(),
      images: images.list.map(each => each.url),
      model: model.trim(),
      directory: directory.trim(),
      ...confirmation,
    }).then(
      id => {
        if (words === task) setTask('')
        go({ page: 'conversation', id, event: undefined })
      },
      (error: unknown) => {
        setBusy(false)
        setFailure(error instanceof RequestError ? error : new RequestError(0, text.common.failed))
      },
    )
  }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    start(task)
  }
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <WordsField
        label={text.home.field}
        placeholder={text.home.placeholder}
        rows={3}
        value={task}
        onChange={setTask}
        onEnter={() => start(task)}
        images={images}
        autoFocus={!isTouch()}
      >
        <div className="flex flex-wrap items-end gap-2 p-2">
          <IconButton icon="image" label={text.composer.attachPictures} onClick={images.choose} />
          <details className="group min-w-0 flex-1 max-sm:order-first max-sm:basis-full">
            <summary className="inline-flex min-h-8 max-w-full list-none items-center gap-x-2 rounded-lg px-2 text-xs text-muted hover:bg-sunken [&::-webkit-details-marker]:hidden">
              <span className="flex min-w-0 flex-wrap items-center gap-x-3 gap-y-1">
                <Fact icon="bulb" words={model || text.home.modelDefault(defaultModel)} />
                <Fact icon="folder" words={directory || text.home.folderHint} />
                <Fact icon="shield" words={text.home.modes[mode]} />
              </span>
              <Icon name="down" className="size-3.5 group-open:rotate-180 motion-safe:transition-transform" />
            </summary>
            <div className="mt-2 grid gap-3 rounded-xl bg-sunken p-3 sm:grid-cols-3">
              <TextField
                label={text.home.model}
                placeholder={text.home.modelDefault(defaultModel)}
                value={model}
                onChange={setModel}
                choices={models.data ?? []}
                autoComplete="off"
              />
              <TextField
                label={text.home.folder}
                placeholder={text.home.folderHint}
                value={directory}
                onChange={setDirectory}
                autoComplete="off"
              />
              <Select label={text.home.mode} value={mode} options={text.home.modes} onChange={setMode} />
            </div>
          </details>
          <Button
            kind="main"
            icon="send"
            type="submit"
            disabled={busy || task.trim() === '' || !!tooLong(task)}
            className="ml-auto"
          >
            {busy ? text.home.starting : text.home.start}
          </Button>
        </div>
      </WordsField>
      {failure && (
        <Notice tone="bad" alert>
          {failure.message} {failure.remedy}
        </Notice>
      )}
      {(tooLong(task) ?? images.problem) && <Notice tone="warn">{tooLong(task) ?? images.problem}</Notice>}
      <ul aria-label={text.home.examples} className="flex flex-wrap gap-2">
        {examples.map(example => (
          <li key={example.title}>
            <button
              type="button"
              title={example.task}
              disabled={busy}
              className="rounded-full border border-line bg-card px-3 py-1 text-xs text-muted hover:border-accent hover:text-ink disabled:opacity-50"
              onClick={() => start(example.task)}
            >
              {example.title}
            </button>
          </li>
        ))}
      </ul>
    </form>
  )
}

function Fact({ icon, words }: { icon: IconName; words: string }): JSX.Element {
  return (
    <span className="flex min-w-0 items-center gap-1">
      <Icon name={icon} className="size-3.5" />
      <span className="truncate">{words}</span>
    </span>
  )
}
