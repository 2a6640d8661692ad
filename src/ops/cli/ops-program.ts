import type { Program } from '../../cli/command-line.js'
import { configExplain } from './config-explain.js'
import { erasuresRepeat } from './erasures-repeat.js'
import { keysRotate } from './keys-rotate.js'
import { logRequireMacs } from './log-require-macs.js'
import { projectionsCertificates } from './projection-certificates.js'
import { projectionsPause, projectionsResume, projectionsRetry, projectionsSkip } from './projection-control.js'
import { projectionsList, projectionsRebuild } from './projections.js'
import { repliesOpen, repliesReconcile } from './replies.js'
import { retentionRun } from './retention-run.js'
import { usersEndLogins, usersFind, usersGrant, usersList, usersLock, usersUnlock } from './users.js'

/** The commands of operators. */
export const ops: Program = {
  name: 'ops',
  commands: [
    retentionRun,
    erasuresRepeat,
    usersList,
    usersFind,
    usersGrant,
    usersLock,
    usersUnlock,
    usersEndLogins,
    repliesOpen,
    repliesReconcile,
    keysRotate,
    logRequireMacs,
    projectionsList,
    projectionsRebuild,
    projectionsPause,
    projectionsResume,
    projectionsRetry,
    projectionsSkip,
    projectionsCertificates,
    configExplain,
  ],
}
