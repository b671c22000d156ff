export {createManualClock, type ManualClock} from './manual-clock.js';
export {type ScriptedResponse, type ResponseBody, type Reply, type ScriptedRequest} from './response.js';
export {startScriptedServer, type ScriptedServer} from './scripted-server.js';
export {serverEndpoints, type ScriptedUser, type ServerEndpoint, type ServerScript} from './server-script.js';
export {type TokenSpoiler} from './signing-key.js';
export {testEnvironment} from './test-environment.js';
export {playRecording, recordLogin, type PlayedRun, type Recording} from './recording.js';
