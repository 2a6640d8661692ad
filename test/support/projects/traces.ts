import { type Db, BSON, MongoClient } from 'mongodb'
import type { World } from '../world.js'

/** What a world's database holds, to whoever gets hold of it. */
export class Traces {
  readonly db: Db

  private constructor(private readonly client: MongoClient) {
    this.db = client.db()
  }

  static async in(world: World): Promise<Traces> {
    return new Traces(await MongoClient.connect(world.mongodbUri))
  }

  files(): Promise<Record<string, number>> {
    return filesIn(this.db)
  }

  /** The collections that hold these words somewhere, readable. */
  async of(words: string): Promise<string[]> {
    const found: string[] = []
    for (const { name } of await this.db.listCollections({}, { nameOnly: true }).toArray()) {
      for await (const document of this.db.collection(name).find()) {
        if (Buffer.from(BSON.serialize(document)).includes(words)) found.push(name)
      }
    }
    return found
  }

  close(): Promise<void> {
    return this.client.close()
  }
}

/** How much of files there is, of whatever kind. */
export async function filesIn(db: Db): Promise<Record<string, number>> {
  const names = ['files.files', 'files.chunks', 'stored_files', 'file_texts']
  const counts = await Promise.all(
    names.map(async (name) => [name, await db.collection(name).countDocuments()] as const),
  )
  return Object.fromEntries(counts)
}

export const noFiles = { 'files.files': 0, 'files.chunks': 0, stored_files: 0, file_texts: 0 }
