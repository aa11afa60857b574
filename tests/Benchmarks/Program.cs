using EnterpriseAI.Benchmarks;
using EnterpriseAI.Benchmarks.ModelServer;
using EnterpriseAI.Benchmarks.Operator;
using EnterpriseAI.Benchmarks.SupplyChain;

// Measures; asserts nothing. Both sides of a ratio are measured in turns in one run.
switch (args)
{
    case [var output, "operator"]:
        await Figure.WriteAsync(Path.Combine(output, "operator.json"),
            [.. await QueueBenchmark.RunAsync(), .. await InformerBenchmark.RunAsync(), .. await ClusterBenchmark.RunAsync()]);
        return 0;
    // A part alone, to try a change: it does not take the place of the figures.
    case [var output, "operator", var part] when ClusterBenchmark.Parts.Contains(part):
        await Figure.WriteAsync(Path.Combine(output, $"operator-{part}.json"), await ClusterBenchmark.RunAsync(part));
        return 0;
    case [var output, "model-server", var program, var peer]:
        await Figure.WriteAsync(Path.Combine(output, "model-server.json"), await ModelServerBenchmark.RunAsync(program, peer));
        return 0;
    case [var output, "model-server", var program, var peer, var part] when ModelServerBenchmark.Parts.Contains(part):
        await Figure.WriteAsync(Path.Combine(output, $"model-server-{part}.json"), await ModelServerBenchmark.RunAsync(program, peer, part));
        return 0;
    case [BareServer.Command, var port, var answerBytes]:
        await BareServer.RunAsync(port, answerBytes);
        return 0;
    case [var output, "supply-chain"]:
        await Figure.WriteAsync(Path.Combine(output, "supply-chain.json"), await SupplyChainBenchmark.RunAsync(output));
        return 0;
    case [var output, "supply-chain", var part] when SupplyChainBenchmark.Parts.Contains(part):
        await Figure.WriteAsync(Path.Combine(output, $"supply-chain-{part}.json"), await SupplyChainBenchmark.RunAsync(output, part));
        return 0;
    default:
        Console.Error.WriteLine("usage: benchmarks OUTPUT-FOLDER operator [changes] | benchmarks OUTPUT-FOLDER supply-chain [bundle|hash|start] | benchmarks OUTPUT-FOLDER model-server PROGRAM-FOLDER PEER-FOLDER [tiny|resnet50|batching]");
        return 2;
}
