using System.CommandLine;
using System.CommandLine.Invocation;
using EnterpriseAI.ModelServer.Commands;
using EnterpriseAI.ModelServer.Serving;

EventThread.Enable();
var command = new RootCommand("Serves verified ONNX models by the Open Inference Protocol");
ServeCommand.AddTo(command);
command.Subcommands.Add(InspectCommand.Create());

var arguments = command.Parse(args);
if (arguments.Action is ParseErrorAction)
{
    await Console.Error.WriteLineAsync($"model-server: {arguments.Errors[0].Message} (see --help)");
    return 1;
}
// The web host handles SIGTERM itself, and drains before it stops.
return await arguments.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
