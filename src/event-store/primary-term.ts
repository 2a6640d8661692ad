import type { Db } from 'mongodb'

/**
 * Names the uninterrupted time in which one mongod process has been the primary. If it is the same before and after
 * some writes with w: 1, and a durable write came last, all of them are durable: they are in one journal and one oplog.
 */
export async function primaryTermOf(db: Db): Promise<string> {
  const { topologyVersion, electionId } = await db.admin().command({ hello: 1 })
  return `${String(topologyVersion?.processId)} ${String(electionId)}`
}
