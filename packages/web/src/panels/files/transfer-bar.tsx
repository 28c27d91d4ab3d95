import { type JSX, useSyncExternalStore } from 'react'
import { fileText, text } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { Failure } from '../../ui/failure.tsx'
import { bytes } from '../../ui/format-bytes.ts'
import { Notice } from '../../ui/notice.tsx'
import type { IfThere, Transfers, TransfersView } from './transfers.ts'

const words = fileText.transfers
const MOST_NAMED = 20

interface TransferBarProps {
  readonly transfers: Transfers
  /** Files have come that were asked about before. */
  readonly onSent: () => void
}

/** What is on its way, and what was left out. */
export function TransferBar({ transfers, onSent }: TransferBarProps): JSX.Element | null {
  const { upload, report, download, problem } = useSyncExternalStore(transfers.subscribe, () => transfers.view)
  if (!upload && !report && !download && problem === undefined) return null
  return (
    <div className="flex max-h-[50%] shrink-0 flex-col gap-2 overflow-y-auto border-t border-line p-3 text-sm">
      {upload && <UploadLine upload={upload} onCancel={() => transfers.cancelUpload()} />}
      {download && (
        <div className="flex items-center gap-3">
          <p className="min-w-0 flex-1 truncate">{words.downloading(download.name, bytes(download.received))}</p>
          <Button small onClick={() => transfers.cancelDownload()}>
            {words.cancel}
          </Button>
        </div>
      )}
      {problem !== undefined && <Failure problem={problem} />}
      {report && <Report report={report} transfers={transfers} onSent={onSent} />}
    </div>
  )
}

function UploadLine({
  upload,
  onCancel,
}: {
  upload: NonNullable<TransfersView['upload']>
  onCancel: () => void
}): JSX.Element {
  const { name, number, count, sent, total } = upload
  const label = words.uploading(name, number, count)
  const percent = total === 0 ? 100 : Math.min(100, Math.round((sent / total) * 100))
  return (
    <div className="flex items-center gap-3">
      <div className="min-w-0 flex-1">
        <p className="truncate">{label}</p>
        <div
          role="progressbar"
          aria-label={label}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={percent}
          className="h-1.5 overflow-hidden rounded-full bg-sunken"
        >
          <div className="h-full rounded-full bg-accent" style={{ width: `${percent}%` }} />
        </div>
      </div>
      <Button small onClick={onCancel}>
        {words.cancel}
      </Button>
    </div>
  )
}

function Report({
  report,
  transfers,
  onSent,
}: TransferBarProps & {
  report: NonNullable<TransfersView['report']>
}): JSX.Element {
  const { uploaded, skipped } = report
  const again = skipped.flatMap(each => each.again ?? [])
  const send = (ifThere: IfThere) => (): void => {
    transfers.upload(again, ifThere).then(onSent, () => undefined) // what fails is in its report
  }
  return (
    <Notice tone={skipped.length > 0 ? 'warn' : 'good'}>
      <div role="status">
        {(uploaded > 0 || skipped.length === 0) && <p>{words.uploaded(uploaded)}</p>}
        {skipped.length > 0 && <p>{words.skipped(skipped.length)}</p>}
      </div>
      <ul className="list-disc pl-5 break-words">
        {skipped.slice(0, MOST_NAMED).map(({ path, reason }) => (
          <li key={path}>
            <bdi>{path}</bdi>: {reason}
          </li>
        ))}
        {skipped.length > MOST_NAMED && <li>{words.andMore(skipped.length - MOST_NAMED)}</li>}
      </ul>
      <div className="mt-2 flex flex-wrap gap-2">
        {again.length > 0 && (
          <>
            <Button small onClick={send('both')}>
              {words.keepBoth}
            </Button>
            <Button small onClick={send('replace')}>
              {words.replace}
            </Button>
          </>
        )}
        <Button small kind="quiet" onClick={() => transfers.dismiss()}>
          {text.common.close}
        </Button>
      </div>
    </Notice>
  )
}
