using System.Text;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol.Rest;

/// <summary>Writes the JSON of an inference response; tensors that are wanted in binary follow it.</summary>
internal static class InferResponseWriter
{
    /// <param name="json">Where it is written.</param>
    /// <param name="model">The model that answered.</param>
    /// <param name="request">What was asked.</param>
    /// <param name="outputs">The tensors, in the order asked for.</param>
    /// <param name="outlierScore">How unusual the inputs are; null when that was not asked.</param>
    /// <returns>How many bytes of binary data follow; null when none are announced.</returns>
    public static long? Write(PooledBuffer json, RestModel model, InferRequest request, IReadOnlyList<OrtTensor> outputs, double? outlierScore)
    {
        json.Write(model.ResponseStart);
        if (request.Id is { } id)
        {
            json.Write(",\"id\":"u8);
            TensorJsonWriter.WriteString(json, Encoding.UTF8.GetBytes(id));
        }
        if (outlierScore is { } score)
        {
            json.Write(",\"parameters\":{\"outlier_score\":"u8);
            json.WriteText(score);
            json.Write((byte)'}');
        }
        json.Write(",\"outputs\":["u8);
        long? binary = null;
        for (var index = 0; index < outputs.Count; index++)
        {
            if (index > 0)
                json.Write((byte)',');
            json.Write(model.OutputStarts[request.Outputs[index]]);
            WriteShape(json, outputs[index].Shape);
            if (request.IsBinary(index))
            {
                var bytes = BinaryTensorData.BytesOf(outputs[index]);
                binary = (binary ?? 0) + bytes;
                json.Write("],\"parameters\":{\"binary_data_size\":"u8);
                json.WriteText(bytes);
                json.Write("}}"u8);
            }
            else
            {
                json.Write("],\"data\":["u8);
                TensorJsonWriter.Write(json, outputs[index]);
                json.Write("]}"u8);
            }
        }
        json.Write("]}"u8);
        return binary;
    }

    private static void WriteShape(PooledBuffer json, long[] shape)
    {
        for (var dimension = 0; dimension < shape.Length; dimension++)
        {
            if (dimension > 0)
                json.Write((byte)',');
            json.WriteText(shape[dimension]);
        }
    }
}
