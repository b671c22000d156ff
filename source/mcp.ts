/**
 * What `ink-login/mcp` exports: an MCP client's sign-in, made of a token engine. It needs neither React nor an MCP SDK.
 */

export {createAuthProvider, createMcpFetch, type McpAuthProvider, type McpOptions} from './mcp/adapters.js';
