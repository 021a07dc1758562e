import { Module } from '@nestjs/common';
import { ORDER_AGENTS } from './agents.js';
import { Approvals } from './approvals.js';
import { Carrier } from './carrier.js';
import { Catalog } from './catalog.js';
import { DispatchWorkflow } from './dispatch.workflow.js';
import { OrdersController } from './orders.controller.js';
import { StockTool } from './stock.tool.js';

/** Agents, workflows, tools and subscribers are providers: Stepcast finds them wherever they stand. */
@Module({ controllers: [OrdersController], providers: [Catalog, Carrier, ...ORDER_AGENTS, DispatchWorkflow, StockTool, Approvals] })
export class OrdersModule {}
