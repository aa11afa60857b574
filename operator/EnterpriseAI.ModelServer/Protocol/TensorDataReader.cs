using System.Text.Json;
using EnterpriseAI.ModelServer.OnnxRuntime;

namespace EnterpriseAI.ModelServer.Protocol;

/// <summary>Reads a JSON <c>data</c> array, flat or nested as the shape says, straight into a tensor's memory.</summary>
internal ref struct TensorDataReader
{
    private readonly string _name;
    private readonly OrtTensor _tensor;
    private Utf8JsonReader _reader;
    private int _depth;
    private long[]? _starts;
    private long _count;

    private TensorDataReader(string name, OrtTensor tensor, ReadOnlySpan<byte> json)
    {
        _name = name;
        _tensor = tensor;
        _reader = new Utf8JsonReader(json);
    }

    private delegate bool ElementReader<T>(ref Utf8JsonReader reader, out T value);

    /// <summary>Fills every element of <paramref name="tensor"/>.</summary>
    /// <exception cref="RequestException">400, naming the input: a wrong number of elements, or one of another type.</exception>
    public static void Fill(string name, OrtTensor tensor, ReadOnlySpan<byte> json)
    {
        var data = new TensorDataReader(name, tensor, json);
        try
        {
            data.Fill();
        }
        catch (InvalidOperationException e)
        {
            throw RequestException.BadRequest($"input '{name}': a string in 'data' is not valid Unicode", e);
        }
    }

    private void Fill()
    {
        switch (_tensor.Type)
        {
            case TensorElementType.Float:
                Fill(static (ref Utf8JsonReader r, out float v) => Number(ref r, out v) || Named(ref r, out v));
                break;
            case TensorElementType.Double:
                Fill(static (ref Utf8JsonReader r, out double v) => r.TokenType == JsonTokenType.Number && r.TryGetDouble(out v) && double.IsFinite(v) || NamedDouble(ref r, out v));
                break;
            case TensorElementType.Float16:
                Fill(static (ref Utf8JsonReader r, out Half v) =>
                {
                    var valid = Number(ref r, out var single) || Named(ref r, out single);
                    v = (Half)single;
                    return valid && (Half.IsFinite(v) || !float.IsFinite(single));
                });
                break;
            case TensorElementType.BFloat16:
                Fill(static (ref Utf8JsonReader r, out ushort v) =>
                {
                    var valid = Number(ref r, out var single) || Named(ref r, out single);
                    v = BrainFloat.Of(single);
                    return valid && (float.IsFinite(BrainFloat.ToSingle(v)) || !float.IsFinite(single));
                });
                break;
            case TensorElementType.Int8:
                Fill(static (ref Utf8JsonReader r, out sbyte v) => { v = 0; return r.TokenType == JsonTokenType.Number && r.TryGetSByte(out v); });
                break;
            case TensorElementType.Int16:
                Fill(static (ref Utf8JsonReader r, out short v) => { v = 0; return r.TokenType == JsonTokenType.Number && r.TryGetInt16(out v); });
                break;
            case TensorElementType.Int32:
                Fill(static (ref Utf8JsonReader r, out int v) => { v = 0; return r.TokenType == JsonTokenType.Number && r.TryGetInt32(out v); });
                break;
            case TensorElementType.Int64:
                Fill(static (ref Utf8JsonReader r, out long v) => { v = 0; return r.TokenType == JsonTokenType.Number && r.TryGetInt64(out v); });
                break;
            case TensorElementType.UInt8:
                Fill(static (ref Utf8JsonReader r, out byte v) => { v = 0; return r.TokenType == JsonTokenType.Number && r.TryGetByte(out v); });
                break;
            case TensorElementType.UInt16:
                Fill(static (ref Utf8JsonReader r, out ushort v) => { v = 0; return r.TokenType == JsonTokenType.Number && r.TryGetUInt16(out v); });
                break;
            case TensorElementType.UInt32:
                Fill(static (ref Utf8JsonReader r, out uint v) => { v = 0; return r.TokenType == JsonTokenType.Number && r.TryGetUInt32(out v); });
                break;
            case TensorElementType.UInt64:
                Fill(static (ref Utf8JsonReader r, out ulong v) => { v = 0; return r.TokenType == JsonTokenType.Number && r.TryGetUInt64(out v); });
                break;
            case TensorElementType.Bool:
                Fill(static (ref Utf8JsonReader r, out bool v) => { v = r.TokenType == JsonTokenType.True; return v || r.TokenType == JsonTokenType.False; });
                break;
            default:
                FillStrings();
                break;
        }
    }

    private void Fill<T>(ElementReader<T> read) where T : unmanaged
    {
        var elements = _tensor.Data<T>();
        while (NextElement())
        {
            if (!read(ref _reader, out elements[(int)_count]))
                throw WrongElement();
            _count++;
        }
    }

    private void FillStrings()
    {
        while (NextElement())
        {
            if (_reader.TokenType != JsonTokenType.String)
                throw WrongElement();
            var bytes = new byte[_reader.HasValueSequence ? 0 : _reader.ValueSpan.Length];
            _tensor.SetString(_count, bytes.AsSpan(0, _reader.CopyString(bytes)));
            _count++;
        }
    }

    /// <summary>Moves to the next element and checks the brackets between.</summary>
    private bool NextElement()
    {
        while (_reader.Read())
        {
            switch (_reader.TokenType)
            {
                case JsonTokenType.StartArray:
                    if (_depth > 0)
                        EnterArray();
                    _depth++;
                    break;
                case JsonTokenType.EndArray:
                    _depth--;
                    if (_depth == 0)
                        return _count == _tensor.Count ? false : throw WrongCount(_count);
                    if (_count - _starts![_depth] != Elements(_depth))
                        throw WrongNesting();
                    break;
                default:
                    if (_starts is not null && _depth != _tensor.Shape.Length)
                        throw WrongNesting();
                    if (_count == _tensor.Count)
                        throw WrongCount(_count + 1);
                    return true;
            }
        }
        return false;
    }

    /// <summary>Below the first level an array must be where the shape has one, from the first element on.</summary>
    private void EnterArray()
    {
        if (_depth >= _tensor.Shape.Length || (_starts is null && _count > 0))
            throw WrongNesting();
        _starts ??= new long[_tensor.Shape.Length];
        _starts[_depth] = _count;
    }

    /// <summary>Elements of one array at this depth.</summary>
    private readonly long Elements(int depth)
    {
        var product = 1L;
        foreach (var dimension in _tensor.Shape.AsSpan(depth))
            product *= dimension;
        return product;
    }

    private readonly RequestException WrongElement() =>
        RequestException.BadRequest($"input '{_name}': element {_count} of 'data' is not a valid {Datatype.Of(_tensor.Type)}");

    private readonly RequestException WrongNesting() =>
        RequestException.BadRequest($"input '{_name}': 'data' is nested otherwise than its shape [{string.Join(',', _tensor.Shape)}]");

    private readonly RequestException WrongCount(long count) =>
        RequestException.BadRequest($"input '{_name}': shape [{string.Join(',', _tensor.Shape)}] needs {_tensor.Count} elements, 'data' has {(count > _tensor.Count ? "more" : count)}");

    private static bool Number(ref Utf8JsonReader reader, out float value)
    {
        value = 0;
        return reader.TokenType == JsonTokenType.Number && reader.TryGetSingle(out value) && float.IsFinite(value);
    }

    /// <summary>JSON has no such numbers, so they are written as strings.</summary>
    private static bool Named(ref Utf8JsonReader reader, out float value)
    {
        value = reader.TokenType != JsonTokenType.String ? 0
            : reader.ValueTextEquals("NaN"u8) ? float.NaN
            : reader.ValueTextEquals("Infinity"u8) ? float.PositiveInfinity
            : reader.ValueTextEquals("-Infinity"u8) ? float.NegativeInfinity
            : 0;
        return !float.IsFinite(value);
    }

    private static bool NamedDouble(ref Utf8JsonReader reader, out double value)
    {
        var valid = Named(ref reader, out var single);
        value = single;
        return valid;
    }
}
