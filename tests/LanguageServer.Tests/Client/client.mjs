// Drives `sparsedsl lsp` through the client libraries of Visual Studio Code and prints one JSON document: what every request answered.
//
//   node client.mjs FOLDER COMMAND ARGUMENT...
//
// FOLDER is a workspace with main.dsl, which imports lib.dsl.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import protocol from "vscode-languageserver-protocol/node.js";

const [folder, command, ...args] = process.argv.slice(2);
const server = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
const exited = new Promise((resolve) => server.on("exit", (code) => resolve(code)));
const connection = protocol.createProtocolConnection(new protocol.StreamMessageReader(server.stdout), new protocol.StreamMessageWriter(server.stdin));

const published = new Map();
const waiting = [];
connection.onNotification(protocol.PublishDiagnosticsNotification.type, (message) => {
    published.set(message.uri, message);
    for (const check of [...waiting]) check();
});
connection.onError(([error]) => { throw error; });
connection.listen();

const uriOf = (name) => pathToFileURL(join(folder, name)).href;
const diagnostics = (uri, version, count) => new Promise((resolve) => {
    const check = () => {
        const message = published.get(uri);
        if (message && message.version === version && message.diagnostics.length === count) {
            waiting.splice(waiting.indexOf(check), 1);
            resolve(message.diagnostics);
        }
    };
    waiting.push(check);
    check();
});

const main = uriOf("main.dsl");
const lib = uriOf("lib.dsl");
let text = readFileSync(join(folder, "main.dsl"), "utf8");
const place = (marked) => {
    const offset = text.indexOf(marked);
    if (offset < 0) throw new Error(`'${marked}' is not in the program`);
    const before = text.slice(0, offset).split("\n");
    return { textDocument: { uri: main }, position: { line: before.length - 1, character: before.at(-1).length } };
};

const report = {};
report.initialize = await connection.sendRequest(protocol.InitializeRequest.type, {
    processId: process.pid,
    rootUri: pathToFileURL(folder).href,
    capabilities: { textDocument: { hover: { contentFormat: ["markdown"] }, publishDiagnostics: { relatedInformation: true } } },
});
await connection.sendNotification(protocol.InitializedNotification.type, {});
await connection.sendNotification(protocol.DidOpenTextDocumentNotification.type, { textDocument: { uri: main, languageId: "sparsedsl", version: 1, text } });
report.clean = await diagnostics(main, 1, 0);

report.hoverParam = await connection.sendRequest(protocol.HoverRequest.type, place("w: f32"));
report.hoverNothing = await connection.sendRequest(protocol.HoverRequest.type, { textDocument: { uri: main }, position: { line: 1, character: 0 } });
report.definitionHere = await connection.sendRequest(protocol.DefinitionRequest.type, place("h |>"));
report.definitionImported = await connection.sendRequest(protocol.DefinitionRequest.type, place("twice"));
report.definitionLibrary = await connection.sendRequest(protocol.DefinitionRequest.type, place("relu"));
report.completion = await connection.sendRequest(protocol.CompletionRequest.type, place("relu"));
report.symbols = await connection.sendRequest(protocol.DocumentSymbolRequest.type, { textDocument: { uri: main } });
report.formatting = await connection.sendRequest(protocol.DocumentFormattingRequest.type, { textDocument: { uri: main }, options: { tabSize: 4, insertSpaces: true } });

// The imported file in the editor, with the operator gone and back again.
await connection.sendNotification(protocol.DidOpenTextDocumentNotification.type, { textDocument: { uri: lib, languageId: "sparsedsl", version: 1, text: "op thrice(x) = x * 3\n" } });
report.importChanged = await diagnostics(main, 1, 1);
await connection.sendNotification(protocol.DidChangeTextDocumentNotification.type, {
    textDocument: { uri: lib, version: 2 },
    contentChanges: [{ range: { start: { line: 0, character: 3 }, end: { line: 0, character: 9 } }, text: "twice" }],
});
report.importMended = await diagnostics(main, 1, 0);

// A mistake is typed, letter by letter, and saved.
const end = place("relu").position;
let version = 1;
for (const letter of "no_such_") {
    version++;
    await connection.sendNotification(protocol.DidChangeTextDocumentNotification.type, {
        textDocument: { uri: main, version },
        contentChanges: [{ range: { start: { ...end }, end: { ...end } }, text: letter }],
    });
    end.character++;
}
await connection.sendNotification(protocol.DidSaveTextDocumentNotification.type, { textDocument: { uri: main } });
report.mistake = await diagnostics(main, version, 1);

report.unknownMethod = await connection.sendRequest("textDocument/nonsense", {}).then(() => null, (error) => error.code);
const source = new protocol.CancellationTokenSource();
const taken = connection.sendRequest(protocol.CompletionRequest.type, place("relu"), source.token).then(() => "answered", (error) => error.code);
source.cancel();
report.cancelled = await taken;

await connection.sendNotification(protocol.DidCloseTextDocumentNotification.type, { textDocument: { uri: main } });
await connection.sendRequest(protocol.ShutdownRequest.type);
await connection.sendNotification(protocol.ExitNotification.type);
report.exitCode = await exited;
connection.dispose();
process.stdout.write(JSON.stringify(report));
