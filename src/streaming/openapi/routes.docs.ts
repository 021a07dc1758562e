/** Which documentation belongs to which route of the streaming module. Whoever imports this file has it in the document. */
import { AgUiController } from '../controllers/ag-ui.controller.js';
import { CacheController } from '../controllers/cache.controller.js';
import { ChatController } from '../controllers/chat.controller.js';
import { ExecutionsController } from '../controllers/executions.controller.js';
import { KeysController } from '../controllers/keys.controller.js';
import { ReliabilityController } from '../controllers/reliability.controller.js';
import { StreamController } from '../controllers/stream.controller.js';
import { SocketController } from '../ws/socket.controller.js';
import { WorkflowsController } from '../controllers/workflows.controller.js';
import { ApiClearCache } from './cache.docs.js';
import { describeRoutes } from './describe-routes.js';
import {
  ApiCancelExecution, ApiCreateStreamTicket, ApiCreateTicket, ApiGetDefinition, ApiGetExecution, ApiListEvents, ApiListExecutions, ApiRunDefinition, ApiSendInput,
} from './executions.docs.js';
import { ApiChat, ApiResumeChat, ApiRunAgent } from './protocols.docs.js';
import { ApiGetReliability } from './reliability.docs.js';
import { ApiAddKey, ApiListKeys, ApiRevokeKey } from './keys.docs.js';
import { ApiOpenSocket, ApiStreamExecution, ApiStreamExecutions } from './streams.docs.js';
import { ApiDeleteWorkflow, ApiGetWorkflow, ApiListWorkflows, ApiStartWorkflow, ApiStoreWorkflow } from './workflows.docs.js';

describeRoutes(WorkflowsController, {
  list: ApiListWorkflows(),
  find: ApiGetWorkflow(),
  store: ApiStoreWorkflow(),
  remove: ApiDeleteWorkflow(),
  start: ApiStartWorkflow(),
});

describeRoutes(ExecutionsController, {
  run: ApiRunDefinition(),
  list: ApiListExecutions(),
  status: ApiGetExecution(),
  definition: ApiGetDefinition(),
  events: ApiListEvents(),
  cancel: ApiCancelExecution(),
  answer: ApiSendInput(),
  ticket: ApiCreateTicket(),
  ticketForAll: ApiCreateStreamTicket(),
});

describeRoutes(ReliabilityController, {
  report: ApiGetReliability(),
});

describeRoutes(StreamController, {
  execution: ApiStreamExecution(),
  several: ApiStreamExecutions(),
});

describeRoutes(ChatController, {
  chat: ApiChat(),
  resume: ApiResumeChat(),
});

describeRoutes(AgUiController, {
  run: ApiRunAgent(),
});

describeRoutes(SocketController, {
  open: ApiOpenSocket(),
});

describeRoutes(KeysController, {
  list: ApiListKeys(),
  add: ApiAddKey(),
  revoke: ApiRevokeKey(),
});

describeRoutes(CacheController, {
  clear: ApiClearCache(),
});
