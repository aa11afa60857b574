using System.Runtime.CompilerServices;
using System.Text;
using EnterpriseAI.ModelServer.Inference;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>What of a model's requests and responses is always the same text, made once.</summary>
internal sealed class RestModel
{
    private static readonly ConditionalWeakTable<ServedModel, RestModel> Known = [];

    private RestModel(ServedModel model)
    {
        Inputs = [.. model.Inputs];
        InputNames = [.. model.Inputs.Select(static input => Encoding.UTF8.GetBytes(input.Name))];
        Outputs = [.. model.Outputs];
        OutputNames = [.. model.Outputs.Select(static output => Encoding.UTF8.GetBytes(output.Name))];
        AllOutputs = [.. Enumerable.Range(0, Outputs.Length)];
        AllOutputNames = [.. model.Outputs.Select(static output => output.Name)];
        using var text = new PooledBuffer();
        text.Write("{\"model_name\":"u8);
        TensorJsonWriter.WriteString(text, Encoding.UTF8.GetBytes(model.Name));
        if (model.Version is { } version)
        {
            text.Write(",\"model_version\":"u8);
            TensorJsonWriter.WriteString(text, Encoding.UTF8.GetBytes(version));
        }
        ResponseStart = text.Written.ToArray();
        OutputStarts = [.. model.Outputs.Select(OutputStart)];
    }

    public TensorDescription[] Inputs { get; }

    public byte[][] InputNames { get; }

    public TensorDescription[] Outputs { get; }

    public byte[][] OutputNames { get; }

    /// <summary>The positions of all outputs.</summary>
    public int[] AllOutputs { get; }

    public string[] AllOutputNames { get; }

    /// <summary>A response up to and with the model's version.</summary>
    public byte[] ResponseStart { get; }

    /// <summary>Each output of a response up to its shape's bracket.</summary>
    public byte[][] OutputStarts { get; }

    public static RestModel Of(ServedModel model) => Known.GetValue(model, static model => new RestModel(model));

    private static byte[] OutputStart(TensorDescription output)
    {
        using var text = new PooledBuffer();
        text.Write("{\"name\":"u8);
        TensorJsonWriter.WriteString(text, Encoding.UTF8.GetBytes(output.Name));
        text.Write(Encoding.UTF8.GetBytes($",\"datatype\":\"{Datatype.Of(output.Type)}\",\"shape\":["));
        return text.Written.ToArray();
    }
}
