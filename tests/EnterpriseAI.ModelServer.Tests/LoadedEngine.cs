using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;
using EnterpriseAI.ModelServer.Serving;

namespace EnterpriseAI.ModelServer.Tests;

/// <summary>A model in the engine, without any protocol before it.</summary>
internal sealed class LoadedEngine : IAsyncDisposable
{
    private readonly ModelServerMetrics _metrics = new();

    private LoadedEngine(LoadedModel model, SchedulingOptions options) =>
        Model = new ServedModel("m", null, model, options, _metrics.Of("m", null), TimeProvider.System, Log);

    public ServedModel Model { get; }

    public RecordedLog Log { get; } = new();

    public static async Task<LoadedEngine> LoadAsync(byte[] model, Func<SchedulingOptions, SchedulingOptions>? change = null)
    {
        using var folder = new TemporaryFolder();
        var options = new SchedulingOptions { Instances = 1, MaxPendingRequests = 1_000, RequestTimeout = TimeSpan.Zero };
        var loaded = await ModelLoader.LoadAsync(new ModelOptions { Model = folder.Write("model.onnx", model), Session = new SessionSettings { IntraOpThreads = 1 } }, CancellationToken.None);
        return new LoadedEngine(loaded, change?.Invoke(options) ?? options);
    }

    public static OrtTensor Tensor<T>(TensorElementType type, long[] shape, params T[] elements) where T : unmanaged
    {
        var tensor = OrtTensor.Create(type, shape);
        elements.CopyTo(tensor.Data<T>());
        return tensor;
    }

    public static OrtTensor Floats(long[] shape, params float[] elements) => Tensor(TensorElementType.Float, shape, elements);

    /// <summary>For <see cref="OnnxModels.Counter"/>: a run of <paramref name="n"/> steps.</summary>
    public async Task<float> CountAsync(long n, float x = 0, CancellationToken cancellationToken = default)
    {
        using var result = await Model.InferAsync(
            [new InputTensor("n", Tensor(TensorElementType.Int64, [], n)), new InputTensor("x", Floats([1], x))], ["y"], cancellationToken);
        return result.Outputs[0].Data<float>()[0];
    }

    /// <summary>Waits until as many requests wait for the model.</summary>
    public Task WaitingAsync(int count) => UntilAsync(() => Model.Metrics.Pending == count, () => $"{Model.Metrics.Pending} requests wait instead of {count}");

    public static async Task UntilAsync(Func<bool> condition, Func<string> failure)
    {
        var limit = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (TimeProvider.System.GetElapsedTime(limit) > TimeSpan.FromSeconds(30))
                Assert.Fail(failure());
            await Task.Delay(5);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Model.Release();
        await Model.Freed.WaitAsync(TimeSpan.FromSeconds(30));
        _metrics.Dispose();
    }
}
