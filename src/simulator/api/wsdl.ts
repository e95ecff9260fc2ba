/**
 * The WSDL of each SOAP service, so that SOAP clients (PHP's SoapClient, .NET, zeep) can be pointed at the fake as at
 * Resurs. It is rendered from the sequences by which messages are parsed: SOAP 1.1, document/literal, elements of a
 * message without a namespace, an empty SOAPAction.
 */
import type { SequenceItem } from './sequence-item.ts';
import { ERROR_SEQUENCE, EXCEPTION, NAMESPACES, RESPONSE_SEQUENCES, SEQUENCES } from './soap-schema.ts';

/** Returns the path of the service whose WSDL is requested; null for any other request. */
export function wsdlService({ method, path }: { method: string; path: string }, query: string): string | null {
  const asks = method === 'GET' && /^(?:single)?wsdl(?:[=&]|$)/i.test(query);
  return asks && Object.hasOwn(SEQUENCES, path) ? path : null;
}

/** Renders the WSDL of the service with this path; `address` is the URL to send its requests to. */
export function renderWsdl(service: string, address: string): string {
  const operations = SEQUENCES[service] ?? {};
  const names = Object.keys(operations);
  const name = service.slice(1);
  return `<?xml version="1.0" encoding="UTF-8"?>
<wsdl:definitions name="${name}" targetNamespace="${NAMESPACES[service]}" xmlns:tns="${NAMESPACES[service]}"
  xmlns:err="${EXCEPTION}" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/"
  xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:xs="http://www.w3.org/2001/XMLSchema">
<wsdl:types>
${schema(EXCEPTION, element('ECommerceError', sequence(ERROR_SEQUENCE)))}
${schema(NAMESPACES[service] ?? '', names.map((operation) => messageElements(operation, operations[operation] ?? [])).join('\n'))}
</wsdl:types>
${names.flatMap((operation) => [message(operation), message(`${operation}Response`)]).join('\n')}
<wsdl:message name="ECommerceError"><wsdl:part name="fault" element="err:ECommerceError"/></wsdl:message>
<wsdl:portType name="${name}">
${names.map(portOperation).join('\n')}
</wsdl:portType>
<wsdl:binding name="${name}Soap11" type="tns:${name}">
<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>
${names.map(boundOperation).join('\n')}
</wsdl:binding>
<wsdl:service name="${name}">
<wsdl:port name="${name}Soap11" binding="tns:${name}Soap11"><soap:address location="${attribute(address)}"/></wsdl:port>
</wsdl:service>
</wsdl:definitions>
`;
}

function schema(namespace: string, content: string): string {
  return `<xs:schema targetNamespace="${namespace}" elementFormDefault="unqualified">\n${content}\n</xs:schema>`;
}

function messageElements(operation: string, items: readonly SequenceItem[]): string {
  const response = RESPONSE_SEQUENCES[operation] ?? [];
  return `${element(operation, sequence(items))}\n${element(`${operation}Response`, sequence(response))}`;
}

function element(name: string, content: string): string {
  return `<xs:element name="${name}"><xs:complexType>${content}</xs:complexType></xs:element>`;
}

function sequence(items: readonly SequenceItem[]): string {
  return `<xs:sequence>${items.map(item).join('')}</xs:sequence>`;
}

function item({ name, min, max, isNillable = false, type = 'string', children }: SequenceItem): string {
  const occurs = `minOccurs="${min}" maxOccurs="${Number.isFinite(max) ? max : 'unbounded'}"`;
  const start = `<xs:element name="${name}" ${occurs}${isNillable ? ' nillable="true"' : ''}`;
  if (children === undefined) return `${start} type="xs:${type}"/>`;
  return `${start}><xs:complexType>${sequence(children)}</xs:complexType></xs:element>`;
}

function message(name: string): string {
  return `<wsdl:message name="${name}"><wsdl:part name="parameters" element="tns:${name}"/></wsdl:message>`;
}

function portOperation(name: string): string {
  return [
    `<wsdl:operation name="${name}">`,
    `<wsdl:input message="tns:${name}"/><wsdl:output message="tns:${name}Response"/>`,
    '<wsdl:fault name="ECommerceError" message="tns:ECommerceError"/></wsdl:operation>',
  ].join('');
}

function boundOperation(name: string): string {
  return [
    `<wsdl:operation name="${name}"><soap:operation soapAction="" style="document"/>`,
    '<wsdl:input><soap:body use="literal"/></wsdl:input><wsdl:output><soap:body use="literal"/></wsdl:output>',
    '<wsdl:fault name="ECommerceError"><soap:fault name="ECommerceError" use="literal"/></wsdl:fault>',
    '</wsdl:operation>',
  ].join('');
}

/** The address contains the Host header of a stranger. */
function attribute(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
