import { type INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';

/** The OpenAPI document at `/docs-json`, and a page that shows it at `/docs`. */
export function serveDocs(app: INestApplication): OpenAPIObject {
  const document = buildDocument(app);
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'docs-json' });
  return document;
}

export function buildDocument(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder().setTitle('Stepcast').setDescription('Runs AI workflows and streams every step of them.').setVersion('1')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'apiKey')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .build();
  return SwaggerModule.createDocument(app, config);
}
