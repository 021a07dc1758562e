import { Module } from '@nestjs/common';
import { ORDER_AGENTS } from './agents.js';
import { Carrier } from './carrier.js';
import { Catalog } from './catalog.js';
import { DispatchWorkflow } from './dispatch.workflow.js';
import { OrdersController } from './orders.controller.js';
import { StockTool } from './stock.tool.js';

/** Agents, workflows and tools are providers: Stepcast finds them wherever they stand. */
@Module({ controllers: [OrdersController], providers: [Catalog, Carrier, ...ORDER_AGENTS, DispatchWorkflow, StockTool] })
export class OrdersModule {}
