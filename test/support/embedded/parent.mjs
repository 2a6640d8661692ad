/** A service that can be killed: it starts the engines it is told to, says what it started, and then only lives. */
import { startEngines } from '../../../build/src/embedded/index.js'

const { supervisorPid, mongodPid, mongoUri, redisUrl } = await startEngines(JSON.parse(process.argv[2]))
console.log(JSON.stringify({ supervisorPid, mongodPid, mongoUri, redisUrl }))
