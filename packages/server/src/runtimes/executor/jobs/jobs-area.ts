import type { Area, Place } from '../area.ts'
import type { Answer, Call } from '../calls.ts'
import { Refusal } from '../refusal.ts'
import type { Job } from './job.ts'

/** What commands have left running in the background, and what they printed as it was. */
export function jobsArea({ shell }: Place): Area {
  const find = ({ params }: Call): Job => {
    const id = params.number('job')
    const job = shell.jobs.find(id)
    if (job === undefined) throw new Refusal(`There is no job ${id}, or it ended long ago.`)
    return job
  }
  const list = async (): Promise<Answer> => {
    const now = performance.now()
    const jobs = shell.jobs.list().map(({ id, command, pids, began }) => ({ id, command, pids, ageMs: now - began }))
    return { value: { jobs } }
  }
  const output = async (call: Call): Promise<Answer> => ({ body: Buffer.from(find(call).output.render()) })
  const kill = async (call: Call): Promise<Answer> => {
    const job = find(call)
    if (!(await shell.jobs.kill(job))) throw new Refusal(`The job ${job.id} has ended already.`)
    return {}
  }
  const spooled = async ({ params }: Call): Promise<Answer> => {
    const part = shell.spools.read(params.text('name'), params.number('offset'), params.number('length'))
    if (part === undefined) throw new Refusal('The output of this command is not kept any more.')
    return { value: { offset: part.offset, total: part.total }, body: part.bytes }
  }
  return {
    handlers: new Map([
      ['jobs_list', list],
      ['job_output', output],
      ['job_kill', kill],
      ['command_output', spooled],
    ]),
    close: () => shell.jobs.close(),
  }
}
