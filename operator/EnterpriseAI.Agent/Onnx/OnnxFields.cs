namespace EnterpriseAI.Agent.Onnx;

/// <summary>
/// The field numbers of ONNX's protocol buffer messages that are written here. They are facts of the format:
/// a number never changes its meaning between IR versions.
/// </summary>
internal static class OnnxFields
{
    internal static class Model
    {
        public const int IrVersion = 1;
        public const int ProducerName = 2;
        public const int ProducerVersion = 3;
        public const int Graph = 7;
        public const int OperatorSetImport = 8;
        public const int MetadataProperties = 14;
    }

    internal static class OperatorSet
    {
        // Field 1, the domain, is left out: empty means the standard operators.
        public const int Version = 2;
    }

    internal static class Property
    {
        public const int Key = 1;
        public const int Value = 2;
    }

    internal static class Graph
    {
        public const int Node = 1;
        public const int Name = 2;
        public const int Initializer = 5;
        public const int DocString = 10;
        public const int Input = 11;
        public const int Output = 12;
    }

    internal static class Node
    {
        public const int Input = 1;
        public const int Output = 2;
        public const int Name = 3;
        public const int OperatorType = 4;
        public const int Attribute = 5;
    }

    internal static class Attribute
    {
        public const int Name = 1;
        public const int Float = 2;
        public const int Integer = 3;
        public const int Tensor = 5;
        public const int Integers = 8;
        public const int Type = 20;

        // Values of AttributeProto.AttributeType.
        public const int FloatType = 1;
        public const int IntegerType = 2;
        public const int TensorType = 4;
        public const int IntegersType = 7;
    }

    internal static class Tensor
    {
        public const int Dimension = 1;
        public const int DataType = 2;
        public const int Name = 8;
        public const int RawData = 9;
    }

    internal static class Value
    {
        public const int Name = 1;
        public const int Type = 2;
        public const int DocString = 3;
    }

    internal static class Type
    {
        public const int Tensor = 1;
        public const int TensorElement = 1;
        public const int TensorShape = 2;
    }

    internal static class Shape
    {
        public const int Dimension = 1;
        public const int DimensionValue = 1;
        public const int DimensionParameter = 2;
    }
}
